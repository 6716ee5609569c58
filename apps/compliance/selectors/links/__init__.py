"""Each link of the chain as statements; a module per part of the data's way."""
