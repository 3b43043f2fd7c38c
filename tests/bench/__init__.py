"""How fast it is, against what: `make bench` prints one table. Every figure is a ratio within one run."""
