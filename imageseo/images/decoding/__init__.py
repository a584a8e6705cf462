"""Read image files: format detection, headers, colour, content type."""
