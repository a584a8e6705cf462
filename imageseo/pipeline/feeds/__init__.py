"""The feeds of a site: images of their entries."""
