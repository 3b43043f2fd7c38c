"""Suggesting other words for a passage, and what the desk does with them."""
