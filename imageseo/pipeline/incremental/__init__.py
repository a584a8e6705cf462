"""What the last build left: build state, probe cache, dependencies."""
