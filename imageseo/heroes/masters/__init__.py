"""Masters: where they lie, and which one a recipe resolves to."""
