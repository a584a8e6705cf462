"""Output formats of reports, one per file."""
