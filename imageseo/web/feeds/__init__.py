"""Feeds of a site (RSS, Atom, JSON Feed): where an entry's image goes, and images in its content."""
