"""What a build did to pages that the next one processes again: reports need it, the build state does not have it.

These are pages whose front matter holds objects of a host, as Pelican's does, and pages that fail the build.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import MsgspecError, Struct, msgpack

from imageseo.model import regular_file
from imageseo.pipeline.incremental.build_state import PageOutcome
from imageseo.storage.atomic import write_if_changed

_FOLDER = "loose"
_MAX_BYTES = 2**30


class LoosePage(Struct, array_like=True, frozen=True):
    """A page as it was written. ``digest``: of its bytes."""

    digest: bytes
    outcome: PageOutcome


def save(cache: Path, name: str, pages: Mapping[str, LoosePage]) -> None:
    """Write the pages of one site, if anything changed. Errors are ignored: a report then reads them from the site.

    ``name``: of the site's build state.
    """
    path = cache / _FOLDER / name
    with suppress(OSError, UnicodeError, MsgspecError):
        if pages:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_if_changed(path, msgpack.encode(pages, order="sorted"))
        else:
            path.unlink(missing_ok=True)


def read(cache: Path) -> list[dict[str, LoosePage]]:
    """Return the pages of all sites with this cache folder; those that cannot be read are left out."""
    found = []
    with suppress(OSError):
        for path in sorted((cache / _FOLDER).iterdir()):
            with suppress(OSError, MsgspecError):
                data = regular_file.read(path, limit=_MAX_BYTES)
                found.append(msgpack.decode(data, type=dict[str, LoosePage]))
    return found
