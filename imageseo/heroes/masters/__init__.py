"""Master images: where they are stored, and which master belongs to a recipe."""
