"""Files at an fsspec URL: requests with time limits, and error messages without secrets."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import urlsplit

from imageseo.model import extras
from imageseo.model.errors import ImageseoError, MissingExtraError, SettingsError

_T = TypeVar("_T")
_CODE = re.compile(r"[A-Za-z0-9]{1,48}")
_MD5 = re.compile(r"[0-9a-f]{32}")
_KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
_ABSENT = "Create it, or correct `{}`; AWS_ENDPOINT_URL names the server."
_REGION = {"301", "307", "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
_STAMPS = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "last_modified", "modified", "updated", "created")
_EXTRAS = {"s3": "s3", "s3a": "s3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteLimits:
    """Time limits of a request, in seconds: to connect, between two pieces of a response, in total.

    ``attempts``: number of tries; ``pause``: seconds before the next one.
    """

    connect: float = 5
    read: float = 30
    total: float = 300
    attempts: int = 3
    pause: float = 0.5


class RemoteError(Exception):
    """A failed request for a remote file. ``final``: a second attempt would fail in the same way."""

    def __init__(self, message: str, hint: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.final = final


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
            (fault,), hint=f"The settings file may be published. Set {_KEYS} in the environment instead."
        )
    if "::" in url or not (parts.netloc or parts.path.strip("/")):
        raise SettingsError((f"{key}: found {safe_url!r}, expected a URL such as s3://bucket/prefix",))
    return f"{parts.scheme}{url[len(parts.scheme) :].rstrip('/')}"  # the scheme in lower case


def redacted(url: str) -> str:
    """Return the URL without everything that may be a user, a password or a query; the end of a password is unknown."""
    head, _, rest = url.partition("://")
    return f"{head}://" + ("***" if "@" in rest else re.sub(r"[?#].*", "?***", rest, flags=re.DOTALL))


@dataclass(slots=True)
class Remote:
    """Files below a URL. The first request loads the libraries."""

    url: str  # from ``validated_url``
    limits: RemoteLimits = RemoteLimits()
    key: str = "hero.masters"  # name of the setting, for messages
    _system: Any = None
    _lock: Lock = field(default_factory=Lock)

    def get(self, file: str) -> bytes | None:
        """Return the bytes of a file, None if it does not exist. Raises RemoteError, MissingExtraError."""
        return self._get_existing(lambda system, more: bytes(system.cat_file(self._join_url(file), **more)))

    def holds(self, file: str, data: bytes) -> bool:
        """Whether the file has these bytes, judged by size and ETag if the server's ETag is an MD5."""
        info = self._info(file)
        if info is None or info.get("size") not in (None, len(data)):
            return False
        tag = str(info.get("ETag") or "").strip('"').lower()
        if _MD5.fullmatch(tag) and tag == hashlib.md5(data, usedforsecurity=False).hexdigest():
            return True
        return self.get(file) == data  # servers that encrypt have another ETag, some have none

    def put(self, file: str, data: bytes) -> None:
        """Write a file and verify that it arrived. Raises RemoteError."""
        try:
            # Servers that support If-None-Match do not write an existing file again; others write the same bytes.
            self._request(lambda system, more: system.pipe_file(self._join_url(file), data, mode="create", **more))
            if self.holds(file, data):
                return
        except FileExistsError:
            if self.holds(file, data):
                return
        except RemoteError as error:
            if error.final:
                raise
        except FileNotFoundError:
            raise RemoteError("there is no such bucket or folder", _ABSENT.format(self.key), final=True) from None
        self._retry(lambda system, more: system.pipe_file(self._join_url(file), data, **more))
        if not self.holds(file, data):
            raise RemoteError("the server reports success but holds other bytes", "Run again; else ask its operator.")

    def stamps(self) -> dict[str, str]:
        """Return path -> a text that changes with the file, for every file below the URL.

        ``""`` if the server lists no such text. Raises RemoteError.
        """
        found = self._get_existing(lambda system, more: self._list_stamps(system, more)) or {}
        return dict(sorted(found.items()))

    def _list_stamps(self, system: Any, more: dict[str, Any]) -> dict[str, str]:
        root = str(system._strip_protocol(self.url)).strip("/")
        found = system.find(self.url, detail=True, **more)
        files = ((str(name).strip("/"), info) for name, info in found.items())
        return {name[len(root) + 1 :]: _stamp(info) for name, info in files if name.startswith(f"{root}/")}

    def remove(self, file: str) -> None:
        """Remove a file if it exists. Raises RemoteError."""
        self._get_existing(lambda system, more: system.rm_file(self._join_url(file), **more))

    def _info(self, file: str) -> dict[str, Any] | None:
        return self._get_existing(lambda system, more: dict(system.info(self._join_url(file), **more)))

    def _join_url(self, file: str) -> str:
        return f"{self.url}/{file}"

    def _get_existing(self, call: Callable[[Any, dict[str, Any]], _T]) -> _T | None:
        """Return the answer, None if the file does not exist in an existing bucket."""
        try:
            return self._retry(call)
        except FileNotFoundError:
            return None

    def _retry(self, call: Callable[[Any, dict[str, Any]], _T]) -> _T:
        """Return the answer; try again after transient errors."""
        for attempt in range(1, self.limits.attempts + 1):
            try:
                return self._request(call)
            except _TransientError as error:
                if attempt >= self.limits.attempts:
                    times = f" (tried {attempt} times)" if attempt > 1 else ""
                    raise RemoteError(f"{error.message}{times}", error.hint) from None
                time.sleep(self.limits.pause * attempt)
        raise AssertionError("at least one attempt")

    def _request(self, call: Callable[[Any, dict[str, Any]], _T]) -> _T:
        try:
            system = self._get_system()
            more = {"timeout": self.limits.total} if getattr(system, "async_impl", False) else {}
            return call(system, more)
        except ImageseoError:
            raise
        except Exception as error:  # fsspec and its libraries may raise any exception
            fault = _translate_error(error, self.key)
        raise fault  # outside of the handler, since messages of the libraries contain endpoints and keys

    def _get_system(self) -> Any:
        with self._lock:
            if self._system is None:
                self._system = _open_system(self.url, self.limits, self.key)
            return self._system


def _stamp(info: Mapping[str, Any]) -> str:
    """Return what a listing contains that changes with the file; ``""`` if that is nothing but its size."""
    stamps = [str(info[key]) for key in _STAMPS if info.get(key) not in (None, "")]
    return " ".join([str(info.get("size")), *stamps]) if stamps else ""


class _TransientError(RemoteError):
    """A failure that a second attempt may not have."""


def _open_system(url: str, limits: RemoteLimits, key: str) -> Any:
    scheme = url.partition("://")[0].lower()
    missing = f"{key}: {scheme}:// needs a package that is not installed"
    hint = extras.install_command(_EXTRAS.get(scheme, "s3"))
    try:
        import fsspec  # type: ignore[import-untyped,unused-ignore]
        from fsspec.core import url_to_fs  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise MissingExtraError(missing, hint=hint) from None
    options: dict[str, Any] = {}
    if scheme in _EXTRAS:
        options = {
            "use_listings_cache": False,
            "max_concurrency": 1,  # one response instead of HEAD and ranges: rclone's ranges fail the checksum
            "config_kwargs": {
                "connect_timeout": limits.connect,
                "read_timeout": limits.read,
                "retries": {"total_max_attempts": 1},
                # Checksums in trailers are Amazon's own; downloads are verified by hash anyway.
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
            },
        }
    try:
        fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        if scheme not in _EXTRAS:
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
    if scheme in _EXTRAS:
        system.retries = 1  # the default is five, each with botocore's own attempts
    return system


def _translate_error(error: Exception, key: str) -> Exception:
    """Return the error as one of imageseo; FileNotFoundError and FileExistsError if they concern the file."""
    names = {parent.__name__ for parent in type(error).__mro__}
    code = _error_code(error)
    suffix = f" ({code})" if code else ""
    if code == "NoSuchBucket":
        return RemoteError(
            "there is no such bucket",
            _ABSENT.format(key),
            final=True,
        )
    if code in _REGION:
        return RemoteError(f"the bucket is in another region{suffix}", "Set AWS_DEFAULT_REGION.", final=True)
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError()
    if isinstance(error, FileExistsError):
        return FileExistsError()
    if isinstance(error, PermissionError):
        hint = f"Check {_KEYS} and the key's permissions. Without permission to list, missing files are denied, too."
        return RemoteError(f"access denied{suffix}", hint, final=True)
    if names & {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "CredentialRetrievalError"}:
        return RemoteError("no credentials", f"Set {_KEYS} in the environment.", final=True)
    again = "Run again; if it fails again, check AWS_ENDPOINT_URL and the network."
    if "FSTimeoutError" in names:  # the total limit
        return RemoteError("the server does not answer in time", again, final=True)
    if isinstance(error, TimeoutError) or names & {"ConnectTimeoutError", "ReadTimeoutError"}:
        return _TransientError("the server does not answer in time", again)
    if names & {"ClientPayloadError", "IncompleteRead", "IncompleteReadError", "ResponseStreamingError"}:
        return _TransientError("the server broke off in the middle of the file", again)
    if "SSLError" in names:
        return RemoteError(
            "the server's certificate is not trusted", "Set AWS_CA_BUNDLE to your authority's.", final=True
        )
    if names & {"ConnectionError", "HTTPClientError", "ClientConnectionError"}:
        return _TransientError("the server cannot be reached", again)
    if isinstance(error, NotImplementedError):
        return RemoteError("the URL is read-only", "Use a URL that can be written to, such as s3://bucket.", final=True)
    if isinstance(error, ValueError | TypeError) or "ParamValidationError" in names:
        name = type(error).__name__
        hint = "Check that AWS_ENDPOINT_URL is a URL such as https://s3.example.org and the bucket's name is valid."
        return RemoteError(f"the request is invalid ({name})", hint, final=True)
    return _TransientError(f"the server fails ({code or type(error).__name__})", again)


def _error_code(error: BaseException | None) -> str:
    """Return the server's error code, such as NoSuchBucket; ``""`` if there is none."""
    for _ in range(3):
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            code = str(response.get("Error", {}).get("Code", ""))
            return code if _CODE.fullmatch(code) else ""
        error = error.__cause__ if error is not None else None
    return ""
