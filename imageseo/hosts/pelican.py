"""The former name of ``imageseo.integrations.pelican``; copy hooks/pelican_hook.py again."""

from imageseo.integrations.pelican import register

__all__ = ["register"]
