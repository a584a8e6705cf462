"""Previews of development servers: they wait for no image."""
