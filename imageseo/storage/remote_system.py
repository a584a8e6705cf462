"""Open the file system of an fsspec URL; the libraries are imported here, on the first request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from imageseo.model import extras
from imageseo.model.errors import MissingExtraError, SettingsError
from imageseo.storage.remote_errors import KEYS

S3 = frozenset({"s3", "s3a"})
"""Schemes of s3fs, which has an extra."""
_CACHING = S3 | {"gs", "gcs", "abfs", "abfss", "az", "oss"}
"""Schemes whose file systems remember listings unless they are told not to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteLimits:
    """Time limits of a request, in seconds: to connect, between two pieces of a response, in total.

    ``attempts``: number of tries; ``pause``: seconds before the next one. ``library_attempts``: of
    these, those that the library makes, with growing pauses, where it can (S3).
    """

    connect: float = 5
    read: float = 30
    total: float = 300
    attempts: int = 3
    pause: float = 0.5
    library_attempts: int = 1


def validated_url(url: str, key: str = "hero.masters") -> str:
    """Return the URL without a slash at its end. Raises SettingsError if it is invalid or contains a secret.

    ``key``: name of the setting, for messages.
    """
    safe_url = redacted(url)
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError for an invalid port
    except ValueError:
        raise SettingsError((f"{key}: found {safe_url!r}, expected a URL such as s3://bucket/prefix",)) from None
    secret = "@" in parts.netloc or ("@" in url and ":" in parts.netloc)  # a password may contain a slash
    if secret or parts.query or parts.fragment:
        fault = f"{key}: found {safe_url!r}, expected a URL without user, password, query and fragment"
        raise SettingsError(
            (fault,), hint=f"The settings file may be published. Set {KEYS} in the environment instead."
        )
    if "::" in url or not (parts.netloc or parts.path.strip("/")):
        raise SettingsError((f"{key}: found {safe_url!r}, expected a URL such as s3://bucket/prefix",))
    return f"{parts.scheme}{url[len(parts.scheme) :].rstrip('/')}"  # the scheme in lower case


def redacted(url: str) -> str:
    """Return the URL without everything that may be a user, a password or a query; the end of a password is unknown."""
    head, _, rest = url.partition("://")
    return f"{head}://" + ("***" if "@" in rest else re.sub(r"[?#].*", "?***", rest, flags=re.DOTALL))


def open_system(url: str, limits: RemoteLimits, key: str) -> Any:
    """Open the file system of a URL; nothing of an earlier one is used again. ``key``: the setting, for messages.

    Raises SettingsError, MissingExtraError, and what the library raises.
    """
    scheme = url.partition("://")[0].lower()
    missing = f"{key}: {scheme}:// needs a package that is not installed"
    hint = extras.install_command("s3")
    try:
        import fsspec  # type: ignore[import-untyped,unused-ignore]
        from fsspec.core import url_to_fs  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise MissingExtraError(missing, hint=hint) from None
    options: dict[str, Any] = {"use_listings_cache": False} if scheme in _CACHING else {}
    if scheme in S3:
        options |= {
            "max_concurrency": 1,  # one response instead of HEAD and ranges: rclone's ranges fail the checksum
            "config_kwargs": {
                "connect_timeout": limits.connect,
                "read_timeout": limits.read,
                "retries": {"mode": "standard", "total_max_attempts": limits.library_attempts},
                "max_pool_connections": 64,
                # Checksums in trailers are Amazon's own; downloads are verified by hash anyway.
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
            },
        }
    try:
        fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        if scheme not in S3:
            hint = str(error)  # fsspec names the package
        raise MissingExtraError(missing, hint=hint) from None
    except ValueError:
        fault = f"{key}: found {scheme}://, which fsspec does not support"
        raise SettingsError((fault,), hint="Use a URL such as s3://bucket/prefix.") from None
    try:
        system, _ = url_to_fs(url, skip_instance_cache=True, **options)  # some systems read the server from the URL
    except (TypeError, ValueError):  # an archive or a repository needs options, which no setting has
        fault = f"{key}: found {redacted(url)!r}, but fsspec's {scheme}:// needs more than a URL"
        raise SettingsError((fault,), hint="Use a URL such as s3://bucket/prefix.") from None
    if scheme in S3:
        system.retries = 1  # the default is five, each with botocore's own attempts
    return system
