"""How alike two pictures look, one way of measuring a file."""
