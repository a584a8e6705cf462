"""Candidates of a CDN in place of variants: which images get them, and what is told about it."""
