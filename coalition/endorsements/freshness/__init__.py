"""Freshness: before the letter goes, who endorsed it long ago is asked whether they are still happy."""
