"""One organisation on one letter's list, and what can be done for it there."""
