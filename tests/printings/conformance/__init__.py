"""Is a PDF what it claims to be, PDF/A-3a and PDF/UA-1 at once? Asked of every checker that can be installed.

`archive` and `access` are checks of our own, for what the others leave out. All answer with what they found, in words.
"""
