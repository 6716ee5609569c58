"""How fast a table is held to what is expected of it, beside the tools that people use for that."""
