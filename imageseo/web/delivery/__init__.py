"""How published files are named and delivered: renamed addresses, redirects, headers."""
