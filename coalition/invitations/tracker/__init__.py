"""The tracker: what a page of it shows, what needs a coordinator now, and one deed for many."""
