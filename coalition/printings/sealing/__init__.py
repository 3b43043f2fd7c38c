"""What lets anybody check a printing: its evidence attached, its seal, and telling whether it is whole."""
