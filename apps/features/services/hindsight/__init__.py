"""Whether a view's SQL sees the future: its rows made again without what came later."""
