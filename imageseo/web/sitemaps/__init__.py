"""Sitemap documents and the image extension."""
