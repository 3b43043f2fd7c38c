"""Dispatch at the desk: what went and goes out, a mail that is written and stopped, a delivery that is noted."""
