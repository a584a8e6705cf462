"""Responsive images: candidates, sizes, preloads, and the candidate that a browser selects."""
