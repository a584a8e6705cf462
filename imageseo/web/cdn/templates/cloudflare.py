"""Cloudflare's transformations by URL: https://developers.cloudflare.com/images/transform-images/transform-via-url/.

`delivery.cdn.host` is a zone with transformations; without it the site's own host is one. The documentation asks for
the path of the source exactly as in its URL, not encoded again.
"""

from __future__ import annotations

URL = "{host}/cdn-cgi/image/width={width}{quality},format={format}/{nearby}"
NEGOTIATED = "{host}/cdn-cgi/image/width={width}{quality},format=auto/{nearby}"
QUALITY_PART = ",quality={quality}"
OWN_HOST = True
