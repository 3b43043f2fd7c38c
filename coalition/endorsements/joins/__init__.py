"""Joining: an organisation that nobody asked wants to stand under a public letter."""
