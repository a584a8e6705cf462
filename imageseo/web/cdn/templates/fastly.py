"""Fastly's Image Optimizer: https://www.fastly.com/documentation/reference/io/.

`delivery.cdn.host` is a service with the optimizer; without it the site's own host is one. AVIF is charged extra.
"""

from __future__ import annotations

URL = "{host}/{path}?width={width}&format={format}{quality}"
NEGOTIATED = "{host}/{path}?width={width}&auto=avif{quality}"
QUALITY_PART = "&quality={quality}"
OWN_HOST = True
