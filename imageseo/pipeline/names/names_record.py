"""What the last build renamed on each page: the next one repeats it without reading the page's markup, or undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from msgspec import MsgspecError, Struct, field, msgpack

from imageseo.model import regular_file
from imageseo.model.image import Span
from imageseo.storage.atomic import write_if_changed
from imageseo.web.html import edits

_FOLDER = "names"
_MAX_BYTES = 2**30

Change = tuple[int, int, bytes]


class PageRenames(Struct, array_like=True, frozen=True):
    """The changes of one page. ``source``, ``published``: digests of the page before and after them.

    ``context``: of everything else that they depend on. ``reverse``: takes them back.
    """

    source: bytes
    published: bytes
    context: str
    changes: list[Change]
    reverse: list[Change]


class NamesRecord(Struct, array_like=True):
    """The renames of a site. ``copies``: published path -> digest of its content.

    ``scripts``: of the style sheets and scripts in which names were looked for; ``mentioned``: those found there.
    """

    pages: dict[str, PageRenames] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)
    scripts: str = ""
    mentioned: list[str] = field(default_factory=list)


def read(cache: Path, name: str) -> NamesRecord | None:
    """Read a record; None if there is none, or a damaged one. ``name``: of the site's build state."""
    try:
        data = regular_file.read(cache / _FOLDER / name, limit=_MAX_BYTES)
        return msgpack.decode(data, type=NamesRecord)
    except (OSError, MsgspecError):
        return None


def write(cache: Path, name: str, record: NamesRecord) -> None:
    """Write a record if it is new. Errors are ignored: the next build then looks at every page again."""
    path = cache / _FOLDER / name
    with suppress(OSError, UnicodeError, MsgspecError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_if_changed(path, msgpack.encode(record))


def recorded(html: bytes, changes: Sequence[edits.Edit], context: str) -> PageRenames:
    """Return the record of a page's edits. ``html``: the page without them."""
    forward: list[Change] = []
    back: list[Change] = []
    shift = 0
    for each in sorted(changes, key=lambda change: change.span):
        start, end = each.span
        forward.append((start, end, each.replacement))
        back.append((start + shift, start + shift + len(each.replacement), html[start:end]))
        shift += len(each.replacement) - (end - start)
    published = sha256(applied(html, forward)).digest()
    return PageRenames(sha256(html).digest(), published, context, forward, back)


def applied(html: bytes, changes: Sequence[Change]) -> bytes:
    """Return a page with changes."""
    return edits.apply(html, (edits.Edit(span=Span(start, end), replacement=new) for start, end, new in changes))
