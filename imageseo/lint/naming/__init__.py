"""Names of image files."""
