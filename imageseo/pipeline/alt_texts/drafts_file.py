"""The file of drafts: read and checked, extended without touching what a person wrote, applied to pages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from imageseo.model import regular_file
from imageseo.model.errors import AltDraftsError
from imageseo.model.site import Page, Site
from imageseo.storage.atomic import write_atomic

HERO = "hero"
"""``image`` of a draft for the hero that imageseo inserts."""
EVERY_PAGE = "*"
"""``page`` of a draft for an image of the theme."""
STATUSES = ("needs-review", "approved", "decorative", "skip")

_HEADER = """\
# Drafts of alternative texts. Look at each image, correct `alt`, and set `status`:
#   "approved"    the next build adds the text to the image
#   "decorative"  the next build adds alt=""
#   "skip"        nothing is added, and the image is not proposed again
# A draft with "needs-review" never reaches a page. `imageseo alt` adds drafts at the end and keeps what you write.
"""
_MAX_BYTES = 16 * 2**20
_ENTRY = re.compile(r"^[ \t]*\[\[[ \t]*image[ \t]*\]\][ \t]*(?:#.*)?$", re.MULTILINE)
_GONE = re.compile(r"^[ \t]*gone[ \t]*=[ \t]*true[ \t]*(?:#.*)?\n", re.MULTILINE)
_KEYS = ("page", "image", "alt", "status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One draft. ``page``: site path, or ``*``; ``image``: site path, or ``hero``. ``gone``: the site lacks it.

    ``context``: what helps the reviewer: heading, text before and after, language, the origin of the text.
    """

    page: str
    image: str
    alt: str
    status: str = "needs-review"
    gone: bool = False
    context: Mapping[str, str]

    @property
    def key(self) -> tuple[str, str]:
        return self.page, self.image

    @property
    def approved(self) -> str | None:
        """The text for pages; None unless a person has decided."""
        return self.alt.strip() if self.status == "approved" else "" if self.status == "decorative" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftsFile:
    """The file as written. ``drafts``: in its order."""

    path: Path
    text: str = ""
    drafts: Sequence[Draft] = ()

    @classmethod
    def read(cls, path: Path) -> DraftsFile:
        """Read the file; empty if there is none. Raises AltDraftsError with file and line."""
        try:
            text = regular_file.read_text(path, limit=_MAX_BYTES).removeprefix("\ufeff").replace("\r\n", "\n")
        except FileNotFoundError:
            return cls(path=path)
        except (OSError, ValueError) as error:
            raise AltDraftsError(f"{path}: cannot be read: {error}", hint="save it as UTF-8 text") from error
        try:
            table = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            found = re.search(r"line (\d+)", str(error))
            place = f"{path}:{found[1]}" if found else str(path)
            raise AltDraftsError(
                f"{place}: not valid TOML: {error}", hint='quote texts, and write a quotation mark in them as \\"'
            ) from error
        entries = table.get("image", [])
        if not isinstance(entries, list) or table.keys() - {"image"}:
            names = ", ".join(sorted(table.keys() - {"image"})) or "image"
            raise AltDraftsError(f"{path}: found {names}, expected only entries [[image]]", hint="remove the rest")
        lines = [text.count("\n", 0, match.start()) + 1 for match in _ENTRY.finditer(text)]
        drafts: dict[tuple[str, str], Draft] = {}
        for number, entry in enumerate(entries):
            place = f"{path}:{lines[number]}" if len(lines) == len(entries) else f"{path}: entry {number + 1}"
            draft = _checked(entry, place)
            if draft.key in drafts:
                raise AltDraftsError(
                    f"{place}: a second entry for {draft.image} on {draft.page}", hint="keep one of the two"
                )
            drafts[draft.key] = draft
        return cls(path=path, text=text, drafts=tuple(drafts.values()))

    def updated(self, found: Iterable[Draft]) -> DraftsFile:
        """Return the file with drafts for images that it lacks, at the end, and others marked whose image is gone."""
        wanted = {draft.key: draft for draft in found}
        known = {draft.key for draft in self.drafts}
        text = self.text or _HEADER
        drafts = [replace(draft, gone=draft.key not in wanted) for draft in self.drafts]
        marked = _with_marks(text, drafts)
        if marked is None:  # the reviewer writes TOML in another way: only new entries are added
            drafts, marked = list(self.drafts), text
        new = [draft for key, draft in wanted.items() if key not in known]
        parts = [marked.rstrip("\n") + "\n", *map(_written, new)]
        return DraftsFile(path=self.path, text="\n".join(parts), drafts=(*drafts, *new))

    def write(self) -> None:
        """Write the file. Raises AltDraftsError."""
        try:
            write_atomic(self.path, self.text.encode())
        except OSError as error:
            raise AltDraftsError(f"{self.path}: cannot be written: {error.strerror or error}") from error


def with_approved(site: Site, path: Path) -> Site:
    """Return the site with the approved texts of a file at its pages. Raises AltDraftsError."""
    by_page: dict[str, dict[str, str]] = {}
    for draft in DraftsFile.read(path).drafts:
        if draft.approved is not None:
            by_page.setdefault(draft.page, {})[draft.image] = draft.approved
    if not by_page:
        return site
    everywhere = by_page.get(EVERY_PAGE, {})
    return replace(
        site, pages=tuple(_with_alts(page, {**everywhere, **by_page.get(page.path, {})}) for page in site.pages)
    )


def _with_alts(page: Page, alts: Mapping[str, str]) -> Page:
    return replace(page, hints=replace(page.hints, alts=tuple(sorted(alts.items())))) if alts else page


def _checked(entry: Any, place: str) -> Draft:
    hint = 'an entry has page, image, alt and status, as in alt = "Boats in a harbour"'
    if not isinstance(entry, dict):
        raise AltDraftsError(f"{place}: found {entry!r}, expected an entry [[image]]", hint=hint)
    values = {"status": "needs-review", "alt": "", **entry}
    for key in _KEYS:
        if not isinstance(values.get(key), str):
            raise AltDraftsError(f"{place}: key `{key}`: found {values.get(key)!r}, expected a text", hint=hint)
    status = values["status"].strip().lower()
    if status not in STATUSES:
        raise AltDraftsError(
            f"{place}: key `status`: found {values['status']!r}, expected one of {', '.join(STATUSES)}"
        )
    if status == "approved" and not values["alt"].strip():
        raise AltDraftsError(f"{place}: approved without a text in `alt`", hint='write one, or status = "decorative"')
    context = {key: value for key, value in entry.items() if key not in _KEYS and isinstance(value, str)}
    alt = " ".join(values["alt"].split())
    return Draft(
        page=values["page"],
        image=values["image"],
        alt=alt,
        status=status,
        gone=entry.get("gone") is True,
        context=context,
    )


def _written(draft: Draft) -> str:
    order = {"page": draft.page, "image": draft.image, **draft.context, "alt": draft.alt, "status": draft.status}
    import tomli_w  # builds only read

    return f"[[image]]\n{tomli_w.dumps(order)}"


def _with_marks(text: str, drafts: Sequence[Draft]) -> str | None:
    """Return the text with ``gone = true`` at the entries that are gone, and at no others; None if that is not safe."""
    starts = [match.end() for match in _ENTRY.finditer(text)]
    if len(starts) != len(drafts):
        return None
    before = _values(text)
    pieces = [text[: starts[0]] if starts else text]
    for number, (start, draft) in enumerate(zip(starts, drafts, strict=True)):
        end = starts[number + 1] if number + 1 < len(starts) else len(text)
        body = _GONE.sub("", text[start:end])
        pieces.append(f"\ngone = true{body}" if draft.gone else body)
    marked = "".join(pieces)
    try:
        return marked if _values(marked) == before else None
    except tomllib.TOMLDecodeError:
        return None


def _values(text: str) -> list[dict[str, Any]]:
    return [
        {key: value for key, value in each.items() if key != "gone"} for each in tomllib.loads(text).get("image", [])
    ]
