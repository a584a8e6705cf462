"""Incremental builds: build state, probe cache, dependencies."""
