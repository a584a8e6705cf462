"""Image files: decoded, inspected, resized, encoded and scored."""
