"""Sitemap documents and their image extension."""

OWN_COMMENT = " Images of this site, written by imageseo. "
"""The comment at the start of a sitemap that imageseo has written."""
