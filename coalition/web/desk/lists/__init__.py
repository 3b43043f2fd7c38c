"""A list that is brought in: looked through, row by row, and looked up in a register."""
