"""Which files of candidates there are, what is wrong with them, and removing those that no page shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from imageseo.heroes.candidates.candidates import RECORD, Candidates, digest
from imageseo.model.hero import Pin

_PICTURE = re.compile(r"([0-9a-f]{64})\.png")
_PAGE = re.compile(r"pages/[a-z0-9-]+\.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateInventory:
    """What is wrong with the files. ``orphans``: images without a record; ``ghosts``: records without an image.

    ``edited``: files whose content is not what their name says. ``strangers``: other files.
    """

    pictures: int = 0
    bytes: int = 0
    orphans: tuple[str, ...] = ()
    ghosts: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()


def take_inventory(candidates: Candidates) -> CandidateInventory:
    """Compare the files with each other; every image is read."""
    names = candidates.files.names()
    pictures = {match[1]: name for name in names if (match := _PICTURE.fullmatch(name))}
    records: dict[str, list[str]] = {}
    for name in names:
        if match := RECORD.fullmatch(name):
            records.setdefault(match[1], []).append(name)
    total, edited = 0, [name for each in records.values() for name in each if candidates.read_record(name) is None]
    for sha256, name in pictures.items():
        data = candidates.files.read(name)
        total += len(data or b"")
        edited += [name] if digest(data) != sha256 else []
    known = {*pictures.values(), *(name for each in records.values() for name in each), ".gitignore"}
    return CandidateInventory(
        pictures=len(pictures),
        bytes=total,
        orphans=tuple(name for sha256, name in pictures.items() if sha256 not in records),
        ghosts=tuple(name for sha256, each in records.items() if sha256 not in pictures for name in each),
        edited=tuple(sorted(edited)),
        strangers=tuple(name for name in names if name not in known and not _PAGE.fullmatch(name)),
    )


def prune(candidates: Candidates, pins: Iterable[Pin], *, dry: bool) -> tuple[int, int]:
    """Remove the images and records that no pin has; return the number of images and their bytes.

    Journals stay, so that numbers are not used again. Other files are left alone. Raises SiteError.
    """
    pinned = {pin.file_sha256.removeprefix("sha256:") for pin in pins}
    count = size = 0
    for name in _removable(candidates, pinned):
        if _PICTURE.fullmatch(name):
            count, size = count + 1, size + len(candidates.files.read(name) or b"")
        if not dry:
            candidates.files.remove(name)
    return count, size


def _removable(candidates: Candidates, pinned: set[str]) -> Iterator[str]:
    for name in candidates.files.names():
        match = _PICTURE.fullmatch(name) or RECORD.fullmatch(name)
        if match is not None and match[1] not in pinned:
            yield name
