"""`generate --variations`: make many candidates of a page's hero and show them on a contact sheet; pin none."""

from __future__ import annotations

import hashlib
import json
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from imageseo.cli.commands.generation.inputs import GenerateInputs, audit_log
from imageseo.heroes.audit.entry import AuditEntry
from imageseo.heroes.audit.log import AuditLog
from imageseo.heroes.candidates import contact_sheet, variations
from imageseo.heroes.candidates.candidates import Candidates, HeroCandidate
from imageseo.heroes.candidates.contact_sheet import SheetEntry
from imageseo.heroes.generate.producer import Producer
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters.pin_builder import build_pin
from imageseo.integrations.command_hints import generate_command
from imageseo.integrations.project import Project
from imageseo.model.errors import ImageseoError, RecipeError, SiteError
from imageseo.model.hero import HeroRequest, Master, Pin, Recipe
from imageseo.model.humanize import format_count
from imageseo.model.progress import Progress

_FAULTS = 5  # that are shown


@dataclass(slots=True, kw_only=True)
class PageVariations:
    """The candidates of one page. ``sheet``: None if it could not be written. ``failed``: options and error."""

    page: str
    candidates: list[HeroCandidate] = field(default_factory=list)
    notes: dict[int, tuple[str, ...]] = field(default_factory=dict)
    failed: list[tuple[Mapping[str, Any], ImageseoError]] = field(default_factory=list)
    made: int = 0
    sheet: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariationsReport:
    """The result of ``generate --variations``. ``pick``: page -> the command that picks a candidate, without it."""

    pages: tuple[PageVariations, ...]
    pick: Callable[[str], str]

    @property
    def failed(self) -> bool:
        return any(each.failed for each in self.pages)

    def work(self) -> tuple[str, ...]:
        """Return nothing: the report has all numbers."""
        return ()

    def as_text(self) -> str:
        """Return the candidates, errors and the sheet of each page."""
        lines = []
        for each in self.pages:
            numbers = _ranges([candidate.number for candidate in each.candidates])
            known = len(each.candidates) - each.made
            kept = f", {known} known from before" if known else ""
            lines.append(
                f"{each.page}: {format_count('candidates', len(each.candidates))}{kept}, numbers {numbers or 'none'}"
            )
            lines += [f"  {_options(options)}: {error.message}" for options, error in each.failed]
            if each.sheet is not None:
                lines.append(f"  contact sheet: {each.sheet}")
            if each.candidates:
                lines.append(f"  nothing was pinned; `{self.pick(each.page)} NUMBER` shows one of them on the page")
        made = sum(each.made for each in self.pages)
        failed = sum(len(each.failed) for each in self.pages)
        counts = f"{made} made" + (f", {failed} failed" if failed else "")
        return "\n".join([*lines, f"variations: {counts}" if self.pages else "variations: no page has a recipe"]) + "\n"

    def as_json(self) -> str:
        """Return one JSON object: ``pages`` with ``candidates``, ``failed`` and ``sheet``."""
        pages = [
            {
                "page": each.page,
                "sheet": str(each.sheet) if each.sheet is not None else None,
                "candidates": [
                    {
                        "number": candidate.number,
                        "sha256": candidate.sha256,
                        "options": dict(candidate.options),
                        "recipe_hash": candidate.pin.recipe_hash,
                        "seed": candidate.pin.recipe.seed,
                        "notes": list(each.notes.get(candidate.number, ())),
                    }
                    for candidate in each.candidates
                ],
                "made": each.made,
                "failed": [
                    {"options": dict(options), "id": error.id, "message": error.message, "hint": error.hint}
                    for options, error in each.failed
                ],
            }
            for each in self.pages
        ]
        return json.dumps({"version": 1, "title": "variations", "pages": pages}, ensure_ascii=False, indent=2) + "\n"


def run(
    project: Project,
    text: str,
    *,
    names: Sequence[str],
    root: Path | None,
    progress: Progress,
    config: Path | None = None,
) -> VariationsReport:
    """Make the candidates of the named pages (all with a recipe if ``names`` is empty). Each is kept once it is made.

    Raises SettingsError for the text, RecipeError for options that a page's provider refuses (nothing is made then),
    SiteError for a page without a recipe, LockError.
    """
    from imageseo.heroes.generate import model_changes
    from imageseo.heroes.generate.process_lock import single_instance
    from imageseo.heroes.recipes import asset_providers

    grid = variations.parse(text)
    settings, command = project.settings, generate_command(config=config, root=root)
    cache = project.folder / settings.cache_dir
    with single_instance(cache / "generate.busy", project.note):
        inputs = GenerateInputs.of(project, names, root, progress)
        inputs.refuse_unfit()
        lock = locks.read(project.folder / locks.NAME)
        requests = [each for each in inputs.requests if each.recipe is not None]
        variations.check_count(grid.count * len(requests), len(requests))
        plans = _plan(inputs, requests, grid, lock)
        candidates = Candidates.of(settings.hero, project.folder)
        in_use = asset_providers.pictures_in_use(lock.pins, leaving=plans.keys())
        producer = Producer(
            providers=asset_providers.with_pictures_in_use(inputs.providers, in_use),
            clock=time.perf_counter,
            known=model_changes.pinned(lock.pins),
            accept=command("--accept-model"),
            show_prompts=project.settings.policy.log_prompts,
        )
        total = sum(map(len, plans.values()))
        audit = audit_log(project)
        if audit is not None:
            audit.check()
        pick = _pick_command(config, root)
        pages = []
        with progress.task("Candidates", total) if total else nullcontext() as step:
            for page, varied in plans.items():
                found = _make(page, varied, producer, candidates, audit, step.advance if step else lambda: None)
                found.sheet = _sheet(project, found, candidates, lock.of_page(page), cache / "variations", pick)
                pages.append(found)
    return VariationsReport(pages=tuple(pages), pick=pick)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Varied:
    options: Mapping[str, Any]
    recipe: Recipe
    evidence: Mapping[str, Any]


def _plan(
    inputs: GenerateInputs, requests: Sequence[HeroRequest], grid: variations.VariationGrid, lock: locks.Lock
) -> dict[str, list[_Varied]]:
    """Return the recipes of each page, each once. Raises RecipeError."""
    pages = {page.key: page for page in inputs.selected}
    plans: dict[str, list[_Varied]] = {}
    faults: dict[str, RecipeError] = {}
    for request in requests:
        assert request.recipe is not None
        own = lock.with_pinned_choice(request, request.recipe)
        found: dict[str, _Varied] = {}
        for options in grid.combinations(request, own.seed):
            try:
                asked = inputs.read(variations.apply(pages[request.page], request, options))
            except RecipeError as error:
                faults.update({fault.message: fault for fault in error.faults})
                if len(faults) >= _FAULTS:
                    break
                continue
            if asked is None or asked.recipe is None:
                raise SiteError(f"--variations: {_options(options)} leaves {request.page} without a recipe")
            recipe = replace(lock.with_pinned_choice(asked, asked.recipe), page=request.page)
            found.setdefault(recipe.key, _Varied(options=options, recipe=recipe, evidence=asked.evidence))
        plans[request.page] = list(found.values())
    if faults:
        raise RecipeError.together(faults.values())
    return plans


def _make(
    page: str,
    varied: Sequence[_Varied],
    producer: Producer,
    candidates: Candidates,
    audit: AuditLog | None,
    advance: Callable[[], None],
) -> PageVariations:
    result = PageVariations(page=page)
    known = {each.pin.recipe_hash: each for each in candidates.of_page(page) if _is_intact(candidates, each)}
    found: dict[str, HeroCandidate] = {}
    missing: dict[str, dict[str, _Varied]] = {}
    for each in varied:
        if each.recipe.key in known:
            found[each.recipe.key] = replace(known[each.recipe.key], options=each.options)
            advance()
        else:
            missing.setdefault(each.recipe.provider, {})[each.recipe.key] = each
    for name, by_key in missing.items():
        for recipe, outcome, _ in producer.produce(name, [each.recipe for each in by_key.values()]):
            each = by_key[recipe.key]
            try:
                if not isinstance(outcome, Master):
                    raise outcome
                pin, _, data = build_pin(page, recipe, outcome)
            except ImageseoError as error:
                result.failed.append((each.options, error))
                if audit is not None:
                    reason = error.message
                    audit.append(AuditEntry.of_recipe("failed", page, recipe, text=audit.text, reason=reason))
            else:
                pin = replace(pin, env={**pin.env, **each.evidence})
                candidate = candidates.keep(pin, data, options=each.options)
                found[recipe.key] = replace(candidate, options=each.options)
                result.notes[candidate.number] = outcome.notes
                result.made += 1
                if audit is not None:
                    audit.append(AuditEntry.of_pin("candidate", pin, text=audit.text))
            advance()
    result.candidates = [found[each.recipe.key] for each in varied if each.recipe.key in found]
    return result


def _is_intact(candidates: Candidates, candidate: HeroCandidate) -> bool:
    try:
        return candidates.read(candidate) is not None
    except SiteError:
        return False


def _sheet(
    project: Project,
    found: PageVariations,
    candidates: Candidates,
    pin: Pin | None,
    folder: Path,
    pick: Callable[[str], str],
) -> Path | None:
    """Write the contact sheet. The candidates are kept, whatever happens to it."""
    shown = (pin.recipe_hash, pin.file_sha256) if pin is not None else None
    entries = [
        SheetEntry(
            candidate=each,
            read=lambda each=each: candidates.read(each),  # type: ignore[misc]
            notes=found.notes.get(each.number, ()),
            pinned=(each.pin.recipe_hash, each.pin.file_sha256) == shown,
        )
        for each in found.candidates
    ]
    digest = hashlib.sha256(found.page.encode("utf-8", "surrogatepass")).hexdigest()
    place = folder / locks.master_name(found.page, digest).removesuffix(".png")
    try:
        return contact_sheet.write(
            place,
            found.page,
            entries,
            command=lambda number: f"{pick(found.page)} {number}",
            failed=[(options, error.message) for options, error in found.failed],
        )
    except Exception as error:  # whatever it is, the images are made and kept
        project.note(
            f"no contact sheet of {found.page}: {error}; the candidates are kept, `imageseo history` lists them"
        )
        return None


def _pick_command(config: Path | None, root: Path | None) -> Callable[[str], str]:
    more = [*(["--config", str(config)] if config is not None else []), *(["--site", str(root)] if root else [])]
    return lambda page: shlex.join(["imageseo", "pick", *more, page])


def _options(options: Mapping[str, Any]) -> str:
    return " ".join(f"{key}={contact_sheet.format_option(value)}" for key, value in options.items())


def _ranges(numbers: Sequence[int]) -> str:
    """Format numbers: 1-4, 7."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("-".join(map(str, part)) for part in parts)
