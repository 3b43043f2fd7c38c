"""What the site is measured against: each does the same job as plainly, and as well, as its tools allow."""
