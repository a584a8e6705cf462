"""Measure the pages of a built site in a browser; a local server provides them on loopback."""
