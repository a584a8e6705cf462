"""Hero recipes: read from front matter and prompts.toml, checked and completed."""
