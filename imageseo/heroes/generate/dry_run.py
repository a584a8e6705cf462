"""Dry run of `generate`: every resolved prompt, and which images would be made or found."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

from imageseo.heroes.generate import model_changes
from imageseo.heroes.generate.planner import GeneratePlan
from imageseo.heroes.generate.producer import Producer
from imageseo.heroes.generate.result import WHY
from imageseo.heroes.masters.resolver import unknown_provider
from imageseo.heroes.policy.scrub import scrub_error
from imageseo.heroes.recipes import asset_providers
from imageseo.model.errors import ImageseoError
from imageseo.model.hero import Master, Recipe
from imageseo.model.protocols import HeroProvider, LibraryProvider

_ACTIONS = {
    "make": "would be made",
    "keep": "is kept",
    "share": "shares the hero of an equal recipe",
    "stale": "is kept, although its page has changed since it was made",
    "refuse": "would fail",
    "drop": "has no hero any more, its pin would be dropped",
}


@runtime_checkable
class PreflightProvider(Protocol):
    """Additional method of a provider that can tell, without making anything, whether a recipe can be made here."""

    def preflight(self, recipe: Recipe) -> tuple[str, ...]:
        """Return notes on what the image would lack. Raises ProviderError, MissingExtraError: it cannot be made."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunRow:
    """One page. ``action``: ``make``, ``keep``, ``share``, ``stale``, ``refuse`` or ``drop``.

    ``reason``: why it would be made or would fail. ``recipe``: to be made, or pinned; None if it could not be read.
    ``pinned``: the hash of the pinned recipe. ``evidence``: the origin of the prompt. ``notes``: of the provider.
    ``uses_seed``: whether the seed affects the image.
    """

    page: str
    action: str
    reason: str = ""
    hint: str = ""
    recipe: Recipe | None = None
    pinned: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    uses_seed: bool = True

    @property
    def lines(self) -> Iterator[str]:
        """Format the row as text: the page and its action, then the recipe."""
        yield f"{self.page}: {_ACTIONS[self.action]}{f' ({self.reason})' if self.reason else ''}"
        if self.hint:
            yield f"  {self.hint}"
        recipe = self.recipe
        if recipe is None:
            return
        source = [f"{key} {self.evidence[key]}" for key in ("series", "template", "preset") if key in self.evidence]
        if source and "prompts" in self.evidence:
            source.append(f"prompts {self.evidence['prompts']}")
        size = f"{recipe.width}x{recipe.height}"
        seed = [f"seed {recipe.seed}"] if self.uses_seed else []
        yield "  " + ", ".join([recipe.provider, size, *seed, *source])
        prompts = ("prompt", "negative")
        yield from (f"  {key}: {recipe.options[key]}" for key in prompts if recipe.options.get(key))
        others = {key: value for key, value in sorted(recipe.options.items()) if key not in prompts}
        if others:
            yield f"  options: {json.dumps(others, ensure_ascii=False, sort_keys=True)}"
        yield f"  recipe: {recipe.key}"
        yield from (f"  {note}" for note in self.notes)

    @property
    def table(self) -> dict[str, Any]:
        """The row as JSON values."""
        row: dict[str, Any] = {"page": self.page, "does": self.action, "why": self.reason}
        if self.recipe is not None:
            row |= {
                "provider": self.recipe.provider,
                "width": self.recipe.width,
                "height": self.recipe.height,
                "seed": self.recipe.seed if self.uses_seed else None,
                "prompt": self.recipe.options.get("prompt"),
                "negative": self.recipe.options.get("negative"),
                "options": {k: v for k, v in self.recipe.options.items() if k not in ("prompt", "negative")},
                "recipe_hash": self.recipe.key,
            }
        return row | {
            "pinned": self.pinned or None,
            "evidence": dict(self.evidence),
            "notes": list(self.notes),
            "hint": self.hint,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """All pages with a hero to make or a pin to drop, sorted by page."""

    rows: tuple[DryRunRow, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether any page would fail."""
        return any(row.action == "refuse" for row in self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """Number of pages by action, in the order of ``_ACTIONS``, without zeros."""
        counts = Counter(row.action for row in self.rows)
        return {action: counts[action] for action in _ACTIONS if counts[action]}

    def as_text(self) -> str:
        """Return a block for each page, and a line of counts."""
        counts = ", ".join(f"{count} {action}" for action, count in self.counts.items())
        blocks = ["\n".join(row.lines) for row in self.rows]
        return "\n\n".join([*blocks, f"dry run: {counts or 'no page requests a generated hero'}"]) + "\n"

    def as_json(self) -> str:
        """Return one JSON object with ``heroes`` (an object each) and ``counts``."""
        report = {
            "version": 1,
            "title": "dry run",
            "heroes": [row.table for row in self.rows],
            "counts": self.counts,
        }
        return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def plan(
    generate_plan: GeneratePlan,
    providers: Mapping[str, HeroProvider],
    *,
    faults: Iterable[tuple[str, ImageseoError]] = (),
    refuses: Callable[[Recipe], ImageseoError | None] = lambda recipe: None,
    prune: Callable[[str], bool] | None = None,
) -> DryRun:
    """Return what would happen to each page. ``generate_plan``: the plan that ``generate`` would execute.

    ``faults``: page and error of invalid requests. ``refuses``: return the error of a valid recipe that would not be
    made (its model differs from the pinned one); only called for recipes that would be made. ``prune``: as in
    ``generate``.
    """
    rows = [*(_refuse_row(page, fault, None, generate_plan) for page, fault in (*faults, *generate_plan.failed))]
    unrequested = [
        pin
        for pin in generate_plan.lock.pins
        if prune is not None and pin.page not in generate_plan.pages and prune(pin.page)
    ]
    search_results = _search_libraries(generate_plan, providers, [pin.page for pin in unrequested])
    for name, jobs in generate_plan.jobs.items():
        provider = providers.get(name)
        for job in jobs:
            outcome: tuple[str, ...] | ImageseoError | None = search_results.get(job.recipe.request_key)
            if provider is None:
                outcome = unknown_provider(name, providers)
            elif not isinstance(outcome, ImageseoError):
                outcome = refuses(job.recipe) or outcome or _preflight(provider, job.recipe)
            for page, reason in job.pages:
                if isinstance(outcome, ImageseoError):
                    rows.append(_refuse_row(page, outcome, job.recipe, generate_plan))
                    continue
                rows.append(
                    DryRunRow(
                        page=page,
                        action="make",
                        reason=WHY[reason],
                        recipe=job.recipe,
                        pinned=_pinned_hash(page, generate_plan),
                        evidence=generate_plan.pages[page].evidence,
                        notes=outcome or (),
                    )
                )
    for page, pin in generate_plan.pinned.items():
        action = "stale" if page in generate_plan.stale else "share" if page in generate_plan.shared else "keep"
        request = generate_plan.pages[page]
        recipe = pin.recipe
        if action == "stale" and request.recipe is not None:
            # Show the current recipe; the recipe that the hero was made from is in the pin.
            seed = pin.recipe.seed if "seed" in request.derived else request.recipe.seed
            recipe = replace(request.recipe, seed=seed)
        rows.append(
            DryRunRow(
                page=page,
                action=action,
                recipe=recipe,
                pinned=pin.recipe_hash,
                evidence=request.evidence,
            )
        )
    rows += [DryRunRow(page=pin.page, action="drop", recipe=pin.recipe, pinned=pin.recipe_hash) for pin in unrequested]
    rows = [replace(row, uses_seed=row.recipe is None or not _is_library_recipe(row.recipe, providers)) for row in rows]
    return DryRun(rows=tuple(sorted(rows, key=lambda row: row.page)))


def _preflight(provider: HeroProvider, recipe: Recipe) -> tuple[str, ...] | ImageseoError:
    """Return the notes of a recipe, or why it cannot be made here, as far as its provider can tell."""
    try:
        found = provider.preflight(recipe) if isinstance(provider, PreflightProvider) else ()
        return (*provider.notes(recipe), *found)  # the notes of a card come from its template, which may be faulty
    except ImageseoError as error:
        return scrub_error(error, recipe)


def _is_library_recipe(recipe: Recipe, providers: Mapping[str, HeroProvider]) -> bool:
    return isinstance(providers.get(recipe.provider), LibraryProvider)


def _search_libraries(
    generate_plan: GeneratePlan, providers: Mapping[str, HeroProvider], unrequested: Collection[str]
) -> dict[tuple[str, str], tuple[str, ...] | ImageseoError]:
    """Return notes or error of each recipe of a library provider, by request key; a real search, as it has no effect.

    ``unrequested``: pages whose pins would be dropped.
    """
    pins = generate_plan.lock.without(unrequested).pins
    configured = asset_providers.with_pictures_in_use(
        providers, asset_providers.pictures_in_use(pins, leaving=generate_plan.leaving)
    )
    producer = Producer(providers=configured, clock=time.perf_counter, known=model_changes.pinned(pins))
    return {
        recipe.request_key: _describe_master(outcome) if isinstance(outcome, Master) else outcome
        for name, jobs in generate_plan.jobs.items()
        if isinstance(providers.get(name), LibraryProvider)
        for recipe, outcome, _ in producer.produce(name, [job.recipe for job in jobs])
    }


def _describe_master(master: Master) -> tuple[str, ...]:
    """Return the library image that was found, and the notes of the provider."""
    pictures = sorted(
        role.removeprefix(asset_providers.PICTURE) for role in master.models if role.startswith(asset_providers.PICTURE)
    )
    return (*(f"would use {picture}" for picture in pictures), *master.notes)


def _refuse_row(page: str, fault: ImageseoError, recipe: Recipe | None, generate_plan: GeneratePlan) -> DryRunRow:
    return DryRunRow(
        page=page,
        action="refuse",
        reason=fault.message,
        hint=fault.hint,
        recipe=recipe,
        pinned=_pinned_hash(page, generate_plan),
    )


def _pinned_hash(page: str, generate_plan: GeneratePlan) -> str:
    own = generate_plan.lock.of_page(page)
    return own.recipe_hash if own is not None else ""
