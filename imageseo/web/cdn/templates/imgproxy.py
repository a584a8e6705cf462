"""imgproxy: https://docs.imgproxy.net/usage/processing, signed as https://docs.imgproxy.net/usage/signing_url says.

The URL of the source is Base64, so that no reader has to decode anything else. Key and salt come from imgproxy's own
variables and are never written anywhere; without a signature, use a URL of your own with `unsafe` in its place.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

URL = "{host}/{signature}/rs:fit:{width}:0{quality}/{base64}.{format}"
NEGOTIATED = "{host}/{signature}/rs:fit:{width}:0{quality}/{base64}"
HOST_EXAMPLE = "https://imgproxy.example.org"
SECRETS = ("IMGPROXY_KEY", "IMGPROXY_SALT")
QUALITY_PART = "/q:{quality}"
FORMATS = {"jpeg": "jpg"}


def sign(path: str, secrets: Mapping[str, str]) -> str:
    """Return the signature of a path, from its first slash. Raises ValueError for a key that is not hexadecimal."""
    key, salt = (bytes.fromhex(secrets[name]) for name in SECRETS)
    digest = hmac.new(key, salt + path.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
