"""Output formats of reports, one a file."""
