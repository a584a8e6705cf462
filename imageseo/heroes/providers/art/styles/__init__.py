"""Styles of drawn heroes, one module each: ``draw(canvas, palette, dice, content) -> Paint``."""
