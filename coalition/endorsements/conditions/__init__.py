"""Endorsing on a condition: which of them count, and telling both sides."""
