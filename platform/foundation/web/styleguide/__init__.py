"""Every component in every state, on one page that designers and tests look at; served while developing only."""
