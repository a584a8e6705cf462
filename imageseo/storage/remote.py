"""Files at an fsspec URL: requests with time limits, and error messages without secrets."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from imageseo.model.errors import ImageseoError
from imageseo.storage.remote_errors import ABSENT, RemoteError, TransientError, translate_error
from imageseo.storage.remote_system import S3, RemoteLimits, open_system

_T = TypeVar("_T")
_MD5 = re.compile(r"[0-9a-f]{32}")
_STAMPS = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "last_modified", "modified", "updated", "created")
_ONE_PART = 64 * 2**20  # bytes; s3fs writes larger files in parts


class RemoteFile(NamedTuple):
    """A file in a listing. ``path``: below the URL. ``modified``: seconds since the epoch, None if it is not listed."""

    path: str
    size: int
    modified: float | None


@dataclass(slots=True)
class Remote:
    """Files below a URL. The first request loads the libraries."""

    url: str  # from ``validated_url``
    limits: RemoteLimits = field(default_factory=RemoteLimits)
    key: str = "hero.masters"  # name of the setting, for messages
    _system: Any = None
    _is_renewed: bool = False  # the system was opened again since the last success
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
            raise RemoteError("there is no such bucket or folder", ABSENT.format(self.key), final=True) from None
        self._retry(lambda system, more: system.pipe_file(self._join_url(file), data, **more))
        if not self.holds(file, data):
            raise RemoteError("the server reports success but holds other bytes", "Run again; else ask its operator.")

    def write(self, file: str, data: bytes) -> None:
        """Write a file, replacing an existing one; S3 compares the bytes with their MD5. Raises RemoteError."""
        more = {}
        if self._is_s3 and len(data) < _ONE_PART:
            digest = hashlib.md5(data, usedforsecurity=False).digest()
            more = {"ContentMD5": base64.b64encode(digest).decode()}
        try:
            self._retry(lambda system, limits: system.pipe_file(self._join_url(file), data, **more, **limits))
        except FileNotFoundError:
            message = "there is no such bucket or folder"
            raise RemoteError(message, ABSENT.format(self.key), final=True, reason="absent") from None

    def fetch(self, file: str, size: int) -> bytes | None:
        """Return the bytes of a file, at most one more than ``size``; None if it does not exist. Raises RemoteError."""
        return self._get_existing(
            lambda system, more: bytes(system.cat_file(self._join_url(file), start=0, end=size + 1, **more))
        )

    def files(self, folder: str) -> list[RemoteFile]:
        """Return the files below a folder, sorted; it need not exist. Raises RemoteError."""
        return sorted(self._get_existing(lambda system, more: self._list_files(system, folder, more)) or ())

    def _list_files(self, system: Any, folder: str, more: dict[str, Any]) -> list[RemoteFile]:
        root = str(system._strip_protocol(self.url)).strip("/")
        if self._is_s3:  # with a prefix, an empty folder costs one request instead of three
            outer, _, name = folder.rpartition("/")
            found = system.find(f"{self.url}/{outer}".rstrip("/"), prefix=f"{name}/", detail=True, **more)
        else:
            found = system.find(f"{self.url}/{folder}", detail=True, **more)
        files = ((str(name).strip("/"), info) for name, info in found.items())
        return [
            RemoteFile(name[len(root) + 1 :], int(info.get("size") or 0), _modified(info))
            for name, info in files
            if name.startswith(f"{root}/{folder}/")
        ]

    @property
    def _is_s3(self) -> bool:
        return self.url.partition("://")[0] in S3

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
            except TransientError as error:
                if attempt >= self.limits.attempts:
                    times = f" (tried {attempt} times)" if attempt > 1 else ""
                    raise RemoteError(f"{error.message}{times}", error.hint, reason=error.reason) from None
                time.sleep(self.limits.pause * attempt)
        raise AssertionError("at least one attempt")

    def _request(self, call: Callable[[Any, dict[str, Any]], _T]) -> _T:
        try:
            return self._request_once(call)
        except RemoteError as error:
            with self._lock:
                if error.reason != "refused" or self._is_renewed:
                    raise
                self._is_renewed, self._system = True, None  # credentials may have been renewed meanwhile
        return self._request_once(call)

    def _request_once(self, call: Callable[[Any, dict[str, Any]], _T]) -> _T:
        try:
            system = self._get_system()
            more = {"timeout": self.limits.total} if getattr(system, "async_impl", False) else {}
            answer = call(system, more)
            self._is_renewed = False
            return answer
        except ImageseoError:
            raise
        except Exception as error:  # fsspec and its libraries may raise any exception
            fault = translate_error(error, self.key)
        raise fault  # outside of the handler, since messages of the libraries contain endpoints and keys

    def _get_system(self) -> Any:
        with self._lock:
            if self._system is None:
                self._system = open_system(self.url, self.limits, self.key)
            return self._system


def _stamp(info: Mapping[str, Any]) -> str:
    """Return what a listing contains that changes with the file; ``""`` if that is nothing but its size."""
    stamps = [str(info[key]) for key in _STAMPS if info.get(key) not in (None, "")]
    return " ".join([str(info.get("size")), *stamps]) if stamps else ""


def _modified(info: Mapping[str, Any]) -> float | None:
    """Return when a listed file was last written, in seconds since the epoch; None if it is not said."""
    for key in ("LastModified", "last_modified", "mtime", "updated", "modified", "created"):
        value = info.get(key)
        if isinstance(value, str):
            with suppress(ValueError):
                value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            return value.timestamp() if value.tzinfo else value.replace(tzinfo=UTC).timestamp()
        if isinstance(value, int | float):
            return float(value)
    return None
