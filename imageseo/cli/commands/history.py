"""Command `history`: what a page has shown, newest first, and what is wrong with the kept candidates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imageseo.cli.commands.pick import find_page
from imageseo.heroes.candidates.candidates import Candidates, PastPin, record_name
from imageseo.heroes.candidates.contact_sheet import format_option
from imageseo.heroes.candidates.inventory import CandidateInventory, take_inventory
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.recipes.diff import changed_keys
from imageseo.heroes.recipes.picks import value_of
from imageseo.integrations.project import Project
from imageseo.model import humanize
from imageseo.model.hero import Pin

_SHOWN = 60  # characters of a value


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHistory:
    """The pins of a page, newest first. ``current``: of the lock file. ``others``: numbers that were never shown."""

    page: str
    past: tuple[PastPin, ...]
    current: Pin | None
    others: tuple[int, ...]
    damaged: tuple[int, ...] = ()

    def as_text(self) -> str:
        """Return a line for each pin: number, state, how, when, by whom, hash and what differs from the one before."""
        lines = [f"{self.page}:", *(f"  {line}" for line in self._lines())]
        if not self.past:
            lines.append("  no pin of this page is known on this machine")
        if self.others:
            count = humanize.format_count("candidates", len(self.others))
            lines.append(
                f"  {count} never shown: {', '.join(map(str, self.others[:20]))}{' …' * (len(self.others) > 20)}"
            )
        if self.damaged:
            lines.append(f"  lines {', '.join(map(str, self.damaged))} of the journal cannot be read")
        return "\n".join(lines) + "\n"

    def _lines(self) -> Iterator[str]:
        marked = False
        for number, each in enumerate(self.past):
            if each.line is None:
                yield f"      {'undone' if each.dropped else '':8}no pin"
                continue
            is_current = not marked and self._is_current(each)
            marked = marked or is_current
            state = "now" if is_current else "undone" if each.dropped else ""
            label = str(each.candidate.number) if each.candidate is not None else "?"
            words = [each.line.how, each.line.when, each.line.by, *_describe(each, self.past[number + 1 :])]
            yield f"{label:>4}  {state:8}{', '.join(word for word in words if word)}"

    def _is_current(self, each: PastPin) -> bool:
        return self.current is not None and each.line is not None and each.line.record == record_name(self.current)

    def as_json(self) -> str:
        """Return one JSON object: ``page``, ``pins`` newest first, ``others``, ``damaged``."""
        pins: list[dict[str, Any]] = []
        for each in self.past:
            line, candidate = each.line, each.candidate
            pins.append(
                {
                    "number": candidate.number if candidate is not None else None,
                    "sha256": candidate.sha256 if candidate is not None else None,
                    "seed": candidate.pin.recipe.seed if candidate is not None else None,
                    "how": line.how if line is not None else "unpinned",
                    "when": line.when if line is not None else "",
                    "by": line.by if line is not None else "",
                    "undone": each.dropped,
                    "current": self._is_current(each),
                    "fault": each.fault,
                }
            )
        facts = {"version": 1, "page": self.page, "pins": pins, "others": list(self.others)}
        return json.dumps(facts | {"damaged": list(self.damaged)}, ensure_ascii=False, indent=2) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectHistory:
    """All pages with candidates, and the state of their files. ``counts``: page -> number of pins and candidates."""

    where: str
    counts: dict[str, tuple[int, int]]
    files: CandidateInventory

    def as_text(self) -> str:
        """Return a line for each page, and for each kind of fault."""
        count = humanize.format_count
        lines = [
            f"{page}: {count('pins', pins)}, {count('candidates', images)}"
            for page, (pins, images) in self.counts.items()
        ]
        for kind, names in self._faults().items():
            lines.append(f"{kind}: {_some(names)}")
        size = humanize.format_bytes(self.files.bytes)
        return "\n".join([*lines, f"{self.where}: {count('images', self.files.pictures)}, {size}"]) + "\n"

    def _faults(self) -> dict[str, Sequence[str]]:
        kinds = {
            "images without a record": self.files.orphans,
            "records without an image": self.files.ghosts,
            "edited, and refused": self.files.edited,
            "other files, left alone": self.files.strangers,
        }
        return {kind: names for kind, names in kinds.items() if names}

    def as_json(self) -> str:
        """Return one JSON object: ``pages`` and ``files``."""
        files = self.files
        facts = {
            "version": 1,
            "folder": self.where,
            "pages": [{"page": page, "pins": each[0], "candidates": each[1]} for page, each in self.counts.items()],
            "images": files.pictures,
            "bytes": files.bytes,
            "orphans": list(files.orphans),
            "ghosts": list(files.ghosts),
            "edited": list(files.edited),
            "strangers": list(files.strangers),
        }
        return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


def of_page(project: Project, name: str, *, root: Path | None) -> PageHistory:
    """Return what a page has shown. Raises SiteError for an unknown page, LockError."""
    lock = locks.read(project.folder / locks.NAME)
    candidates = Candidates.of(project.settings.hero, project.folder)
    page = find_page(project, name, lock, candidates, root)
    past = candidates.history(page)
    shown = {each.candidate.number for each in past if each.candidate is not None}
    others = tuple(each.number for each in candidates.of_page(page) if each.number not in shown)
    damaged = candidates.journal(page).damaged
    return PageHistory(page=page, past=past, current=lock.of_page(page), others=others, damaged=damaged)


def of_project(project: Project) -> ProjectHistory:
    """Return all pages with candidates, and what is wrong with the files."""
    candidates = Candidates.of(project.settings.hero, project.folder)
    counts = {}
    for page in candidates.pages():
        pins = [each for each in candidates.history(page) if each.line is not None]
        counts[page] = (len(pins), len(candidates.of_page(page)))
    return ProjectHistory(where=candidates.files.where, counts=counts, files=take_inventory(candidates))


def _describe(each: PastPin, older: Sequence[PastPin]) -> Iterator[str]:
    if each.candidate is None:
        yield each.fault
        return
    recipe = each.candidate.pin.recipe
    before = next((other.candidate for other in older if other.candidate is not None), None)
    keys = dict.fromkeys(key.partition(".")[0] for key in changed_keys(before.pin.recipe, recipe)) if before else ()
    yield each.candidate.sha256[:8]
    for key in keys or ("seed",):
        yield f"{key} {format_option(value_of(recipe, key))[:_SHOWN]}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10:,} more" if len(names) > 10 else "")
