"""What a signed link opens: the letter, the answer forms, the answers."""
