"""Shapes of a hero: crops for other sites and search engines, and versions for other screens."""
