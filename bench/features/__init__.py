"""How fast features are joined, written and read, beside feast."""
