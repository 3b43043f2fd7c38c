"""Reminders: when they leave, who gets one and who is left out, and their mail."""
