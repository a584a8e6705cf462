"""Cloudinary's `fetch`: https://cloudinary.com/documentation/fetch_remote_images.

Each option is a component of its own (`f_avif/q_auto/w_640`): a URL without commas survives every reader of `srcset`.
A width alone scales with the ratio kept; candidates are never wider than their source.
"""

from __future__ import annotations

URL = "{host}/image/fetch/f_{format}/q_{quality}/w_{width}/{source}"
NEGOTIATED = "{host}/image/fetch/f_auto/q_{quality}/w_{width}/{source}"
HOSTS = ("res.cloudinary.com",)
HOST_EXAMPLE = "https://res.cloudinary.com/YOUR-CLOUD"
QUALITY = "auto"
