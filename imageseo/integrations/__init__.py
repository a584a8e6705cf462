"""Generators: each collects hints and makes a Site."""
