"""Lists that somebody has: read, columns guessed, rows sorted out, before anything of them is kept."""
