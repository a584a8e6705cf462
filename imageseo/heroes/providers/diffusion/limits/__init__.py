"""Limits of models: which sizes they draw, and how much of a prompt they read."""
