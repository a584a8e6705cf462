"""From front matter and prompts.toml to a recipe."""
