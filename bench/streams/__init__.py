"""How fast events of a broker become rows of the lake, each once, and how soon they are seen."""
