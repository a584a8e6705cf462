"""The address of a shared store: what another process needs to open it. It holds no credentials, and can be pickled."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

from imageseo.storage.remote_system import RemoteLimits, validated_url

SETTING = "store.remote"
"""The key of the setting, for messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAddress:
    """Where a shared store is and how it is used. ``url``: of fsspec; None: ``folder`` is a local one.

    ``timeout``: seconds that one request may take, with its repetitions. ``parallel``: number of requests at once.
    ``finish``: seconds that a build waits at its end for what is still to be uploaded.
    """

    url: str | None = None
    folder: Path | None = None
    mode: Literal["read", "read-write"] = "read"
    required: bool = False
    timeout: float = 20.0
    parallel: int = 16
    finish: float = 60.0

    @classmethod
    def of(
        cls,
        remote: str,
        project: Path,
        *,
        mode: Literal["read", "read-write"],
        required: bool,
        timeout: float,
        parallel: int,
        finish: float,
    ) -> StoreAddress:
        """``remote``: a URL, or a folder seen from the project. Raises SettingsError for a URL with a secret."""
        url = validated_url(remote, SETTING) if "://" in remote or "::" in remote else None
        place = remote
        if url is not None and url.startswith("file://"):
            url, place = None, url2pathname(str(urlsplit(url).path))
        return cls(
            url=url,
            folder=None if url is not None else Path(os.path.normpath(project / Path(place).expanduser())),
            mode=mode,
            required=required,
            timeout=timeout,
            parallel=parallel,
            finish=finish,
        )

    @property
    def name(self) -> str:
        """The name for messages."""
        return self.url if self.url is not None else str(self.folder)

    @property
    def writes(self) -> bool:
        return self.mode == "read-write"

    @property
    def digest(self) -> str:
        """A short name for files about this store."""
        return hashlib.sha256(self.name.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    @property
    def limits(self) -> RemoteLimits:
        """The limits of a request: the library repeats it, with growing pauses, within ``timeout``."""
        return RemoteLimits(
            connect=min(5.0, self.timeout),
            read=self.timeout,
            total=self.timeout,
            attempts=1,
            library_attempts=4,
        )
