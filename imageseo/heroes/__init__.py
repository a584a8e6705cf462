"""Hero images: requests, recipes, providers, the lock file, masters, generate and verify."""
