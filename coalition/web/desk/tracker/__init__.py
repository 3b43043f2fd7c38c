"""The tracker: its page, what its address says, moving by itself, one deed for many."""
