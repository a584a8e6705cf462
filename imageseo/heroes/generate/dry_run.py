"""What `generate` would do, in full: every resolved prompt, and which pictures would be made or found."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from imageseo.heroes.generate import model_changes
from imageseo.heroes.generate.planner import GeneratePlan
from imageseo.heroes.generate.producer import Producer
from imageseo.heroes.generate.result import WHY
from imageseo.heroes.masters.resolver import unknown_provider
from imageseo.heroes.recipes import asset_providers
from imageseo.model.errors import ImageseoError
from imageseo.model.hero import Master, Recipe
from imageseo.model.protocols import HeroProvider, LibraryProvider

_DOES = {
    "make": "would be made",
    "keep": "stays as it is",
    "share": "takes over the hero of an equal recipe",
    "stale": "stays, although its page says something else now than when it was made",
    "refuse": "would be refused",
    "drop": "asks for no hero any more, and would lose the one that is pinned",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One page. ``does``: ``make``, ``keep``, ``share``, ``stale``, ``refuse`` or ``drop``.

    ``why``: of what is made or refused.
    ``recipe``: what would be made, or stands; None where it could not be read. ``pinned``: the hash of the recipe that
    stands. ``evidence``: what the prompt came from. ``notes``: the provider's. ``seeded``: whether the seed counts.
    """

    page: str
    does: str
    why: str = ""
    hint: str = ""
    recipe: Recipe | None = None
    pinned: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    seeded: bool = True

    @property
    def lines(self) -> Iterator[str]:
        """The row for a person: the page and what would become of it, then the recipe."""
        yield f"{self.page}: {_DOES[self.does]}{f' ({self.why})' if self.why else ''}"
        if self.hint:
            yield f"  {self.hint}"
        recipe = self.recipe
        if recipe is None:
            return
        source = [f"{key} {self.evidence[key]}" for key in ("series", "template", "preset") if key in self.evidence]
        if source and "prompts" in self.evidence:
            source.append(f"prompts {self.evidence['prompts']}")
        size = f"{recipe.width}x{recipe.height}"
        seed = [f"seed {recipe.seed}"] if self.seeded else []
        yield "  " + ", ".join([recipe.provider, size, *seed, *source])
        words = ("prompt", "negative")
        yield from (f"  {key}: {recipe.options[key]}" for key in words if recipe.options.get(key))
        others = {key: value for key, value in sorted(recipe.options.items()) if key not in words}
        if others:
            yield f"  options: {json.dumps(others, ensure_ascii=False, sort_keys=True)}"
        yield f"  recipe: {recipe.key}"
        yield from (f"  {note}" for note in self.notes)

    @property
    def table(self) -> dict[str, Any]:
        """The row for a program."""
        found: dict[str, Any] = {"page": self.page, "does": self.does, "why": self.why}
        if self.recipe is not None:
            found |= {
                "provider": self.recipe.provider,
                "width": self.recipe.width,
                "height": self.recipe.height,
                "seed": self.recipe.seed if self.seeded else None,
                "prompt": self.recipe.options.get("prompt"),
                "negative": self.recipe.options.get("negative"),
                "options": {k: v for k, v in self.recipe.options.items() if k not in ("prompt", "negative")},
                "recipe_hash": self.recipe.key,
            }
        return found | {
            "pinned": self.pinned or None,
            "evidence": dict(self.evidence),
            "notes": list(self.notes),
            "hint": self.hint,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """Every page that asks for a hero to be made or would lose one, by name."""

    rows: tuple[Row, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether anything would be refused."""
        return any(row.does == "refuse" for row in self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """How many pages there are of each fate, in the order of telling."""
        found = Counter(row.does for row in self.rows)
        return {does: found[does] for does in _DOES if found[does]}

    def as_text(self) -> str:
        """A block for each page, and a line of counts."""
        told = ", ".join(f"{count} {does}" for does, count in self.counts.items())
        blocks = ["\n".join(row.lines) for row in self.rows]
        return "\n\n".join([*blocks, f"dry run: {told or 'no page asks for a hero to be made'}"]) + "\n"

    def as_json(self) -> str:
        """One JSON object: ``heroes`` (a table each) and ``counts``."""
        report = {
            "version": 1,
            "title": "dry run",
            "heroes": [row.table for row in self.rows],
            "counts": self.counts,
        }
        return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def plan(
    wanted: GeneratePlan,
    providers: Mapping[str, HeroProvider],
    *,
    faults: Iterable[tuple[str, ImageseoError]] = (),
    refuses: Callable[[Recipe], ImageseoError | None] = lambda recipe: None,
    prune: Callable[[str], bool] | None = None,
) -> DryRun:
    """What would become of each page. ``wanted``: requests beside the lock, as ``generate`` itself weighs them.

    ``faults``: page and fault of those whose recipe could not be read. ``refuses``: why a recipe would not be followed
    although it can be read (another model than the pinned one); asked for what would be made, and for nothing else.
    ``prune``: as in ``generate``.
    """
    rows = [*(_fault(page, fault, None, wanted) for page, fault in (*faults, *wanted.failed))]
    idle = [pin for pin in wanted.lock.pins if prune is not None and pin.page not in wanted.pages and prune(pin.page)]
    found = _found(wanted, providers, [pin.page for pin in idle])
    for name, jobs in wanted.jobs.items():
        provider = providers.get(name)
        for job in jobs:
            outcome: tuple[str, ...] | ImageseoError | None = found.get(job.recipe.request_key)
            if provider is None:
                outcome = unknown_provider(name, providers)
            elif not isinstance(outcome, ImageseoError):
                outcome = refuses(job.recipe) or outcome
            for page, reason in job.pages:
                if isinstance(outcome, ImageseoError):
                    rows.append(_fault(page, outcome, job.recipe, wanted))
                    continue
                rows.append(
                    Row(
                        page=page,
                        does="make",
                        why=WHY[reason],
                        recipe=job.recipe,
                        pinned=_hash(page, wanted),
                        evidence=wanted.pages[page].evidence,
                        notes=outcome or (provider.notes(job.recipe) if provider else ()),
                    )
                )
    for page, pin in wanted.pinned.items():
        fate = "stale" if page in wanted.stale else "share" if page in wanted.shared else "keep"
        request = wanted.pages[page]
        recipe = pin.recipe
        if fate == "stale" and request.recipe is not None:
            # What it was made for is in the pin; what it would be made for now is what the author wants to see.
            seed = pin.recipe.seed if "seed" in request.derived else request.recipe.seed
            recipe = replace(request.recipe, seed=seed)
        rows.append(
            Row(
                page=page,
                does=fate,
                recipe=recipe,
                pinned=pin.recipe_hash,
                evidence=request.evidence,
            )
        )
    rows += [Row(page=pin.page, does="drop", recipe=pin.recipe, pinned=pin.recipe_hash) for pin in idle]
    seeded = (replace(row, seeded=row.recipe is None or not _finds(row.recipe, providers)) for row in rows)
    return DryRun(rows=tuple(sorted(seeded, key=lambda row: row.page)))


def _finds(recipe: Recipe, providers: Mapping[str, HeroProvider]) -> bool:
    return isinstance(providers.get(recipe.provider), LibraryProvider)


def _found(
    wanted: GeneratePlan, providers: Mapping[str, HeroProvider], idle: Collection[str]
) -> dict[tuple[str, str], tuple[str, ...] | ImageseoError]:
    """What providers that find pictures would give, by errand: asked in earnest, for asking changes nothing."""
    pins = wanted.lock.without(idle).pins
    free = asset_providers.with_pictures_in_use(
        providers, asset_providers.pictures_in_use(pins, leaving=wanted.leaving)
    )
    making = Producer(providers=free, clock=time.perf_counter, known=model_changes.pinned(pins))
    return {
        recipe.request_key: _told(outcome) if isinstance(outcome, Master) else outcome
        for name, jobs in wanted.jobs.items()
        if isinstance(providers.get(name), LibraryProvider)
        for recipe, outcome, _ in making.produce(name, [job.recipe for job in jobs])
    }


def _told(master: Master) -> tuple[str, ...]:
    """Which picture was found."""
    pictures = sorted(
        role.removeprefix(asset_providers.PICTURE) for role in master.models if role.startswith(asset_providers.PICTURE)
    )
    return (*(f"finds {picture}" for picture in pictures), *master.notes)


def _fault(page: str, fault: ImageseoError, recipe: Recipe | None, wanted: GeneratePlan) -> Row:
    return Row(
        page=page,
        does="refuse",
        why=fault.message,
        hint=fault.hint,
        recipe=recipe,
        pinned=_hash(page, wanted),
    )


def _hash(page: str, wanted: GeneratePlan) -> str:
    own = wanted.lock.of_page(page)
    return own.recipe_hash if own is not None else ""
