"""Sample projects, made of real data with the client alone."""
