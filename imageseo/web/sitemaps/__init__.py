"""Sitemap documents and their image extension."""
