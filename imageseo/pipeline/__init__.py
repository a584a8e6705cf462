"""The build: plan, encode, rewrite, publish, check, page by page."""
