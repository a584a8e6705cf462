"""Responsive images: candidates, sizes, preloads, and which candidate a browser chooses."""
