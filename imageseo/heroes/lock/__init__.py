"""imageseo.lock: the pins of a project, parsed from and serialized to text."""
