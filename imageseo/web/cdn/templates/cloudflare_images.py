"""Cloudflare Images, which serves uploaded files in named variants.

https://developers.cloudflare.com/images/cloudflare-images/serve-images/: `imagedelivery.net/HASH/ID/VARIANT`, or
`/cdn-cgi/imagedelivery/HASH/…` on a domain of your own. The id is the path of the image in the site, a custom id of the
upload. The format follows the Accept header; there is no URL for a single format.
"""

from __future__ import annotations

NEGOTIATED = "{host}/{file}/{variant}"
HOSTS = ("imagedelivery.net",)
HOST_PART = "imagedelivery"
HOST_EXAMPLE = "https://imagedelivery.net/YOUR-ACCOUNT-HASH"
