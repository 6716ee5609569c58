"""How long lists with 10 000 rows take, whole pages by a signed-in person through the front door."""
