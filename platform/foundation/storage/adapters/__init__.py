"""Where sealed objects lie: one module per kind of store."""
