"""Watching a built site: which changes count, when they are complete, and a build for each batch of them."""
