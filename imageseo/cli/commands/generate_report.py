"""What `generate` and `generate --verify` tell of their work: lines for people, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from imageseo.heroes.generate.result import WHY, GenerateResult, ProviderWork
from imageseo.heroes.generate.verify import Verified
from imageseo.heroes.masters.resolver import TYPED, Command
from imageseo.model.errors import ImageseoError

_LACKS = {
    "missing": "no hero is pinned",
    "changed": "its recipe is another than the pinned one",
    "gone": "the pinned picture is gone",
    "damaged": "the picture is not the pinned one",
    "moved": "its pin still names the page's old place",
}
"""What a frozen run found, by reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateReport:
    """What became of the heroes; ``faults``: page and fault of those whose recipe could not be read or made.

    ``command``: page -> what draws its hero anew, as it can be typed here.
    """

    result: GenerateResult
    faults: tuple[tuple[str, ImageseoError], ...]
    command: Command = TYPED

    @property
    def failed(self) -> bool:
        return bool(self.faults or self.result.missing)

    def as_text(self) -> str:
        """A line for each hero that was made, taken over or not made, and one of counts."""
        result = self.result
        lines = [
            f"{hero.page}: {hero.file} ({WHY[hero.reason]}{', as a build had drawn it' if hero.stored else ''})"
            for hero in result.made
        ]
        lines += [f"{hero.page}: {note}" for hero in result.made for note in hero.notes]
        lines += [f"{page}: has the hero of an equal recipe" for page in result.shared]
        lines += [
            f"{page}: says something else now than its hero was made for ({', '.join(result.aged.get(page, ()))}); "
            f"`{self.command(page)}` draws it anew"
            for page in result.stale
        ]
        lines += [f"{page}: no longer asks for a hero, its pin is gone" for page in result.pruned]
        lines += [f"{page}: {_LACKS[reason]}; run `{self.command(page)}`" for page, reason in result.missing]
        lines += [f"{page}: {fault}" for page, fault in self.faults]
        counts = {
            "made": result.made,
            "kept": result.kept,
            "shared": result.shared,
            "stale": result.stale,
            "pruned": result.pruned,
            "missing or changed": result.missing,
            "failed": self.faults,
        }
        told = [f"{len(pages)} {name}" for name, pages in counts.items() if pages]
        return "\n".join([*lines, f"generate: {', '.join(told) or 'no page asks for a hero to be made'}"]) + "\n"

    def work(self) -> Iterator[str]:
        """What providers, lock and cache had to do, a line each: for who looks on, never to be compared."""
        result = self.result
        yield from _told(result.work)
        if result.work:
            held = len(result.kept) + len(result.shared) + len(result.stale)
            yield f"hits: {held} in the lock, {sum(work.stored for work in result.work)} in the cache"

    def as_json(self) -> str:
        """One JSON object: ``made``, ``kept``, ``shared``, ``stale``, ``pruned``, ``missing``, ``failed``, ``work``."""
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
                "providers": _work(result.work),
            },
        }
        return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """Pinned heroes that were made again."""

    heroes: tuple[Verified, ...]
    work_done: tuple[ProviderWork, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether one came out different, or its pinned picture is not what was pinned."""
        return any(hero.verdict == "different" or hero.lost for hero in self.heroes)

    def as_text(self) -> str:
        """A line a hero, and one of counts."""
        lines = [_line(hero) for hero in self.heroes]
        verdicts = [hero.verdict for hero in self.heroes]
        told = [f"{verdicts.count(name)} {name}" for name in dict.fromkeys(sorted(verdicts))]
        return "\n".join([*lines, f"verify: {', '.join(told) or 'no hero is pinned'}"]) + "\n"

    def work(self) -> Iterator[str]:
        """What providers had to do, a line each."""
        yield from _told(self.work_done)

    def as_json(self) -> str:
        """One JSON object: ``heroes`` with verdict, distances and reason, and ``work``."""
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
        report = {"version": 1, "title": "verify", "heroes": heroes, "work": {"providers": _work(self.work_done)}}
        return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def _line(hero: Verified) -> str:
    far = hero.alike is not None and hero.verdict != "identical"
    apart = f" (phash {hero.alike.bits} of 64, mean dE2000 {hero.alike.delta_e:.2f})" if far and hero.alike else ""
    return f"{hero.page}: {hero.verdict}{apart}{f': {hero.reason}' if hero.reason else ''}"


def _told(work: Sequence[ProviderWork]) -> Iterator[str]:
    for each in work:
        if each.p50 is not None and each.p95 is not None:
            yield f"{each.provider}: {len(each.seconds)} made, p50 {each.p50:.2f} s, p95 {each.p95:.2f} s"


def _work(work: Sequence[ProviderWork]) -> dict[str, Any]:
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
"""What is said where everything is switched off."""
