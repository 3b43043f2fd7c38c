"""Looking names up in a register, and keeping what it said."""
