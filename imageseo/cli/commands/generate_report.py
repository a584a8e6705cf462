"""Reports of `generate` and `generate --verify`, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from imageseo.heroes.generate.result import WHY, GenerateResult, ProviderWork
from imageseo.heroes.generate.verify import Verified
from imageseo.heroes.masters.resolver import TYPED, Command
from imageseo.model.errors import ImageseoError

_FROZEN_REASONS = {
    "missing": "no hero is pinned",
    "changed": "its recipe differs from the pinned one",
    "gone": "the pinned image is missing",
    "damaged": "the image is not the pinned one",
    "moved": "its pin still names the page's old path",
}
"""What a frozen run reports, by reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateReport:
    """The result of ``generate``.

    ``faults``: page and error of each recipe that is invalid or could not be made. ``command``: page -> the command
    that regenerates its hero, as typed in the current folder.
    """

    result: GenerateResult
    faults: tuple[tuple[str, ImageseoError], ...]
    command: Command = TYPED

    @property
    def failed(self) -> bool:
        return bool(self.faults or self.result.missing)

    def as_text(self) -> str:
        """Return a line for each hero that was made, adopted, shared, dropped or not made, and a line of counts."""
        result = self.result
        lines = [
            f"{hero.page}: {hero.file} ({WHY[hero.reason]}{', already drawn by a build' if hero.stored else ''})"
            for hero in result.made
        ]
        lines += [f"{hero.page}: {note}" for hero in result.made for note in hero.notes]
        lines += [f"{page}: shares the hero of an equal recipe" for page in result.shared]
        lines += [
            f"{page}: has changed since its hero was made ({', '.join(result.aged.get(page, ()))}); "
            f"`{self.command(page)}` regenerates it"
            for page in result.stale
        ]
        lines += [f"{page}: no longer requests a hero, pin dropped" for page in result.pruned]
        lines += [f"{page}: {_FROZEN_REASONS[reason]}; run `{self.command(page)}`" for page, reason in result.missing]
        lines += [f"{page}: {fault}" for page, fault in self.faults]
        adopted = [hero for hero in result.made if hero.reason == "adopted"]
        counts = {
            "made": [hero for hero in result.made if hero not in adopted],
            "adopted": adopted,
            "kept": result.kept,
            "shared": result.shared,
            "stale": result.stale,
            "pruned": result.pruned,
            "missing or changed": result.missing,
            "failed": self.faults,
        }
        counts_text = [f"{len(pages)} {name}" for name, pages in counts.items() if pages]
        return "\n".join([*lines, f"generate: {', '.join(counts_text) or 'no page requests a hero'}"]) + "\n"

    def work(self) -> Iterator[str]:
        """Yield a line each on the work of providers, lock and cache: timings for the user, different in every run."""
        result = self.result
        yield from _work_lines(result.work)
        if result.work:
            pinned = len(result.kept) + len(result.shared) + len(result.stale)
            yield f"reused: {pinned} pinned, {sum(work.stored for work in result.work)} from the cache"

    def as_json(self) -> str:
        """Return one JSON object: ``made``, ``kept``, ``shared``, ``stale``, ``pruned``, ``missing``, ``failed``,
        ``work``.
        """
        result = self.result
        made = [
            {"page": m.page, "file": m.file, "reason": m.reason, "notes": list(m.notes), "stored": m.stored}
            for m in result.made
        ]
        failed = [
            {"page": page, "id": fault.id, "message": fault.message, "hint": fault.hint} for page, fault in self.faults
        ]
        report = {
            "version": 1,
            "title": "generate",
            "made": made,
            "kept": list(result.kept),
            "shared": list(result.shared),
            "stale": list(result.stale),
            "aged": {page: list(keys) for page, keys in sorted(result.aged.items())},
            "pruned": list(result.pruned),
            "missing": [{"page": page, "reason": reason} for page, reason in result.missing],
            "failed": failed,
            "work": {
                "lock_hits": len(result.kept) + len(result.shared) + len(result.stale),
                "store_hits": sum(work.stored for work in result.work),
                "providers": _work_as_dict(result.work),
            },
        }
        return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """The result of ``generate --verify``: pinned heroes compared with regenerated ones."""

    heroes: tuple[Verified, ...]
    work_done: tuple[ProviderWork, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a hero differs from its pin, or its pinned image is missing or damaged."""
        return any(hero.verdict == "different" or hero.lost for hero in self.heroes)

    def as_text(self) -> str:
        """Return a line for each hero and a line of counts."""
        lines = [_line(hero) for hero in self.heroes]
        verdicts = [hero.verdict for hero in self.heroes]
        counts_text = [f"{verdicts.count(name)} {name}" for name in dict.fromkeys(sorted(verdicts))]
        return "\n".join([*lines, f"verify: {', '.join(counts_text) or 'no hero is pinned'}"]) + "\n"

    def work(self) -> Iterator[str]:
        """Yield a line for the work of each provider."""
        yield from _work_lines(self.work_done)

    def as_json(self) -> str:
        """Return one JSON object: ``heroes`` with verdict, distances and reason, and ``work``."""
        heroes = [
            {
                "page": hero.page,
                "verdict": hero.verdict,
                "phash_distance": hero.alike.bits if hero.alike else None,
                "delta_e": hero.alike.delta_e if hero.alike else None,
                "reason": hero.reason,
                "lost": hero.lost,
            }
            for hero in self.heroes
        ]
        report = {
            "version": 1,
            "title": "verify",
            "heroes": heroes,
            "work": {"providers": _work_as_dict(self.work_done)},
        }
        return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def _line(hero: Verified) -> str:
    differs = hero.alike is not None and hero.verdict != "identical"
    distance = (
        f" (phash {hero.alike.bits} of 64, mean dE2000 {hero.alike.delta_e:.2f})" if differs and hero.alike else ""
    )
    return f"{hero.page}: {hero.verdict}{distance}{f': {hero.reason}' if hero.reason else ''}"


def _work_lines(work: Sequence[ProviderWork]) -> Iterator[str]:
    for each in work:
        if each.p50 is not None and each.p95 is not None:
            yield f"{each.provider}: {len(each.seconds)} made, p50 {each.p50:.2f} s, p95 {each.p95:.2f} s"


def _work_as_dict(work: Sequence[ProviderWork]) -> dict[str, Any]:
    return {
        each.provider: {
            "made": len(each.seconds),
            "stored": each.stored,
            "p50_seconds": None if each.p50 is None else round(each.p50, 3),
            "p95_seconds": None if each.p95 is None else round(each.p95, 3),
        }
        for each in work
    }


NOTHING = GenerateReport(result=GenerateResult(), faults=())
"""The report if imageseo is disabled."""
