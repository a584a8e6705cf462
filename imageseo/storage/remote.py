"""Files at an fsspec URL: asked with limits, and every fault in words that tell no secret."""

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
_ABSENT = "Create it, or mend `{}`; AWS_ENDPOINT_URL says which server is asked."
_REGION = {"301", "307", "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
_STAMPS = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "last_modified", "modified", "updated", "created")
_EXTRAS = {"s3": "s3", "s3a": "s3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a server may take, in seconds: to accept a connection, between two pieces of an answer, for all of it.

    ``attempts``: how often one thing is asked; ``pause``: seconds before it is asked again.
    """

    connect: float = 5
    read: float = 30
    whole: float = 300
    attempts: int = 3
    pause: float = 0.5


class RemoteError(Exception):
    """What went wrong with a remote file, ready to be said. ``final``: it will be so in a second attempt, too."""

    def __init__(self, message: str, hint: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.final = final


def validated_url(url: str, key: str = "hero.masters") -> str:
    """The URL without a slash at its end. Raises SettingsError for what must not stand in a file that is committed.

    ``key``: of the setting that says it.
    """
    shown = redacted(url)
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - a number that is none is told here
    except ValueError:
        raise SettingsError((f"{key}: found {shown!r}, expected a URL such as s3://bucket/prefix",)) from None
    secret = "@" in parts.netloc or ("@" in url and ":" in parts.netloc)  # a password may hold a slash
    if secret or parts.query or parts.fragment:
        fault = f"{key}: found {shown!r}, expected a URL without user, password, query and fragment"
        raise SettingsError(
            (fault,), hint=f"Whoever has the file would read it. Set {_KEYS} in the environment instead."
        )
    if "::" in url or not (parts.netloc or parts.path.strip("/")):
        raise SettingsError((f"{key}: found {shown!r}, expected a URL such as s3://bucket/prefix",))
    return f"{parts.scheme}{url[len(parts.scheme) :].rstrip('/')}"  # the scheme in small letters


def redacted(url: str) -> str:
    """The URL without what may be a user, a password or a query: nothing tells where a password ends."""
    head, _, rest = url.partition("://")
    return f"{head}://" + ("***" if "@" in rest else re.sub(r"[?#].*", "?***", rest, flags=re.DOTALL))


@dataclass(slots=True)
class Remote:
    """Files below a URL. Nothing is asked, and no library loaded, before the first file is."""

    url: str  # as ``checked`` leaves it
    limits: Limits = Limits()
    key: str = "hero.masters"  # the setting that says it
    _system: Any = None
    _lock: Lock = field(default_factory=Lock)

    def get(self, file: str) -> bytes | None:
        """All bytes of a file, None when there is none. Raises Trouble, MissingExtraError."""
        return self._known(lambda system, more: bytes(system.cat_file(self._at(file), **more)))

    def holds(self, file: str, data: bytes) -> bool:
        """Whether the file has these bytes, told from size and ETag where the server's ETag is an MD5."""
        info = self._info(file)
        if info is None or info.get("size") not in (None, len(data)):
            return False
        tag = str(info.get("ETag") or "").strip('"').lower()
        if _MD5.fullmatch(tag) and tag == hashlib.md5(data, usedforsecurity=False).hexdigest():
            return True
        return self.get(file) == data  # an encrypting server's ETag is of something else, others have none

    def put(self, file: str, data: bytes) -> None:
        """Write a file whole, and see that it arrived. Raises Trouble."""
        try:
            # Servers that know If-None-Match spare themselves the writing; those that do not write the same again.
            self._once(lambda system, more: system.pipe_file(self._at(file), data, mode="create", **more))
            if self.holds(file, data):
                return
        except FileExistsError:
            if self.holds(file, data):
                return
        except RemoteError as trouble:
            if trouble.final:
                raise
        except FileNotFoundError:
            raise RemoteError("there is no such bucket or folder", _ABSENT.format(self.key), final=True) from None
        self._ask(lambda system, more: system.pipe_file(self._at(file), data, **more))
        if not self.holds(file, data):
            raise RemoteError("the server says that it took it, and holds other bytes", "Run again; ask who runs it.")

    def stamps(self) -> dict[str, str]:
        """Every file below the URL, by its path from there -> what is another text when the file is another one.

        ``""`` where the server says nothing of the kind. Raises Trouble.
        """
        found = self._known(lambda system, more: self._found(system, more)) or {}
        return dict(sorted(found.items()))

    def _found(self, system: Any, more: dict[str, Any]) -> dict[str, str]:
        root = str(system._strip_protocol(self.url)).strip("/")
        found = system.find(self.url, detail=True, **more)
        each = ((str(name).strip("/"), info) for name, info in found.items())
        return {name[len(root) + 1 :]: _stamp(info) for name, info in each if name.startswith(f"{root}/")}

    def remove(self, file: str) -> None:
        """Remove a file that may be gone already. Raises Trouble."""
        self._known(lambda system, more: system.rm_file(self._at(file), **more))

    def _info(self, file: str) -> dict[str, Any] | None:
        return self._known(lambda system, more: dict(system.info(self._at(file), **more)))

    def _at(self, file: str) -> str:
        return f"{self.url}/{file}"

    def _known(self, call: Callable[[Any, dict[str, Any]], _T]) -> _T | None:
        """The answer, None where there is no such file in a bucket that there is."""
        try:
            return self._ask(call)
        except FileNotFoundError:
            return None

    def _ask(self, call: Callable[[Any, dict[str, Any]], _T]) -> _T:
        """The answer; what may pass is asked again."""
        for attempt in range(1, self.limits.attempts + 1):
            try:
                return self._once(call)
            except _Passing as passing:
                if attempt >= self.limits.attempts:
                    times = f" (asked {attempt} times)" if attempt > 1 else ""
                    raise RemoteError(f"{passing.message}{times}", passing.hint) from None
                time.sleep(self.limits.pause * attempt)
        raise AssertionError("at least one attempt")

    def _once(self, call: Callable[[Any, dict[str, Any]], _T]) -> _T:
        try:
            system = self._opened()
            more = {"timeout": self.limits.whole} if getattr(system, "async_impl", False) else {}
            return call(system, more)
        except ImageseoError:
            raise
        except Exception as error:  # what the libraries below raise is theirs to choose
            fault = _fault(error, self.key)
        raise fault  # outside of the handler: what the libraries say names endpoints and keys

    def _opened(self) -> Any:
        with self._lock:
            if self._system is None:
                self._system = _open(self.url, self.limits, self.key)
            return self._system


def _stamp(info: Mapping[str, Any]) -> str:
    """What a listing says of a file that changes with it, ``""`` when that is its size at most."""
    said = [str(info[key]) for key in _STAMPS if info.get(key) not in (None, "")]
    return " ".join([str(info.get("size")), *said]) if said else ""


class _Passing(RemoteError):
    """What may be gone when one asks again."""


def _open(url: str, limits: Limits, key: str) -> Any:
    scheme = url.partition("://")[0].lower()
    missing = f"{key}: {scheme}:// needs a part that is not installed"
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
            "max_concurrency": 1,  # one answer, not HEAD and ranges: rclone's ranges fail the checksum
            "config_kwargs": {
                "connect_timeout": limits.connect,
                "read_timeout": limits.read,
                "retries": {"total_max_attempts": 1},
                # Checksums in trailers are Amazon's own; what comes is hashed here anyway.
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
        known = f"{key}: found {scheme}://, which fsspec does not know"
        raise SettingsError((known,), hint="s3://bucket/prefix, for example.") from None
    try:
        system, _ = url_to_fs(url, skip_instance_cache=True, **options)  # some take their server from the URL
    except (TypeError, ValueError):  # an archive, a repository: it needs options, and there is no place for them
        lacking = f"{key}: found {redacted(url)!r}, and fsspec's {scheme}:// asks for more than a URL says"
        raise SettingsError((lacking,), hint="s3://bucket/prefix, for example.") from None
    if scheme in _EXTRAS:
        system.retries = 1  # s3fs would ask five times, each within botocore's own attempts
    return system


def _fault(error: Exception, key: str) -> Exception:
    """The fault in our words; FileNotFoundError and FileExistsError where just this file is, or is not, there."""
    names = {each.__name__ for each in type(error).__mro__}
    code = _code(error)
    told = f" ({code})" if code else ""
    if code == "NoSuchBucket":
        return RemoteError(
            "there is no such bucket",
            _ABSENT.format(key),
            final=True,
        )
    if code in _REGION:
        return RemoteError(f"the bucket is in another region{told}", "Set AWS_DEFAULT_REGION.", final=True)
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError()
    if isinstance(error, FileExistsError):
        return FileExistsError()
    if isinstance(error, PermissionError):
        hint = f"Check {_KEYS}, and what the key may do; a bucket that the key may not list denies what is not there."
        return RemoteError(f"access denied{told}", hint, final=True)
    if names & {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "CredentialRetrievalError"}:
        return RemoteError("no credentials", f"Set {_KEYS} in the environment.", final=True)
    again = "Run again; if it stays, see whether AWS_ENDPOINT_URL and the network are right."
    if "FSTimeoutError" in names:  # all the time that there is went by
        return RemoteError("the server does not answer in time", again, final=True)
    if isinstance(error, TimeoutError) or names & {"ConnectTimeoutError", "ReadTimeoutError"}:
        return _Passing("the server does not answer in time", again)
    if names & {"ClientPayloadError", "IncompleteRead", "IncompleteReadError", "ResponseStreamingError"}:
        return _Passing("the server broke off in the middle of the file", again)
    if "SSLError" in names:
        return RemoteError(
            "the server's certificate is not trusted", "Set AWS_CA_BUNDLE to your authority's.", final=True
        )
    if names & {"ConnectionError", "HTTPClientError", "ClientConnectionError"}:
        return _Passing("the server cannot be reached", again)
    if isinstance(error, NotImplementedError):
        return RemoteError(
            "such a URL can only be read", "Masters need a place to write to, as s3://bucket.", final=True
        )
    if isinstance(error, ValueError | TypeError) or "ParamValidationError" in names:
        name = type(error).__name__
        hint = "See whether AWS_ENDPOINT_URL is a URL such as https://s3.example.org, and the bucket a bucket's name."
        return RemoteError(f"it cannot be asked ({name})", hint, final=True)
    return _Passing(f"the server fails ({code or type(error).__name__})", again)


def _code(error: BaseException | None) -> str:
    """The server's own short word for a fault, such as NoSuchBucket; ``""`` when it has none."""
    for _ in range(3):
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            code = str(response.get("Error", {}).get("Code", ""))
            return code if _CODE.fullmatch(code) else ""
        error = error.__cause__ if error is not None else None
    return ""
