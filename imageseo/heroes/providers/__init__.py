"""Hero providers, one a file."""
