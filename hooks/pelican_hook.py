"""Plug-in for Pelican, to copy: `PLUGINS = ["pelican_hook"]`; the wheel maps it to `pelican.plugins.imageseo`."""

from imageseo.integrations.pelican import register

__all__ = ["register"]
