"""Regenerate the heroes of a changed model and report them next to the pinned ones, before these are replaced."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from imageseo.heroes.generate.model_changes import ModelRef, digests_by_model
from imageseo.heroes.generate.producer import Producer
from imageseo.heroes.generate.verify import verdict_for
from imageseo.heroes.masters.pin_builder import build_pin
from imageseo.heroes.masters.similarity import compare as compare_images
from imageseo.heroes.masters.similarity import open_image
from imageseo.heroes.recipes import asset_providers
from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError, ProviderError, SiteError
from imageseo.model.hero import Master, Pin, Recipe
from imageseo.model.progress import Progress
from imageseo.model.protocols import MasterStore
from imageseo.storage.atomic import write_atomic

SHEET, DATA = "index.html", "regression.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegeneratedHeroes:
    """``pins``: the new pins, sorted by page; their ``file`` is a bare name. ``failed``: page and error."""

    folder: Path
    pins: tuple[Pin, ...] = ()
    failed: tuple[tuple[str, ImageseoError], ...] = ()

    def read(self, pin: Pin) -> bytes:
        """Return the new master of a pin. Raises SiteError."""
        try:
            return regular_file.read(self.folder / "new" / pin.file)
        except OSError as error:
            raise _write_error(self.folder, error) from error


def regenerate_changed_models(
    pinned: Mapping[str, Pin], producer: Producer, vault: MasterStore, folder: Path, *, progress: Progress | None = None
) -> RegeneratedHeroes:
    """Find the models whose files changed, regenerate all their pinned heroes, and write the report.

    ``pinned``: page -> pin, whose masters exist. One hero per model is made to hash the model's files; if these are
    the pinned ones, no other is made, and if no model changed, nothing is left in ``folder``. ``folder``: gets
    ``index.html``, ``regression.json``, and both images of each hero in ``old`` and ``new``.
    Raises SiteError if it cannot be written to, LockError for a master that cannot be read.
    """
    recipes = asset_providers.recipes_to_repeat(producer.providers, pinned.values())
    masters = _NewMasters(producer=producer, folder=folder, pins={}, failed={})
    current: dict[ModelRef, str] = {}
    old = {page: digests_by_model(pin.recipe, pin.models) for page, pin in sorted(pinned.items()) if pin.models}
    for page, digests in old.items():
        if not set(digests) <= set(current):
            current.update(masters.make([recipes[page]]))
    affected = {page: pinned[page] for page, digests in old.items() if _has_changed(digests, current)}
    if not affected:
        masters.remove_files()
        return RegeneratedHeroes(folder=folder, failed=tuple(masters.failures_by_page(recipes)))
    requested = {recipes[page].request_key: recipes[page] for page in affected}
    remaining = [recipe for key, recipe in requested.items() if key not in masters.pins and key not in masters.failed]
    with progress.task("Heroes of a changed model", len(remaining)) if progress else nullcontext() as step:
        by_provider = sorted(remaining, key=lambda recipe: recipe.provider)
        for _, group in groupby(by_provider, key=lambda recipe: recipe.provider):
            masters.make(list(group), advance=step.advance if step else lambda: None)
    rows = [
        _compare_pins(pin, replace(new, page=page, owner=pin.owner), vault, folder)
        for page, pin in affected.items()
        if (new := masters.pins.get(recipes[page].request_key))
    ]
    failed = masters.failures_by_page(recipes)
    _write_report(folder, rows, failed, _describe_changes(current, old.values()))
    return RegeneratedHeroes(folder=folder, pins=tuple(new for _, new, _ in rows), failed=tuple(failed))


@dataclass(slots=True, kw_only=True)
class _NewMasters:
    """New masters in the report's folder. ``pins``, ``failed``: pin or error by ``Recipe.request_key``."""

    producer: Producer
    folder: Path
    pins: dict[tuple[str, str], Pin]
    failed: dict[tuple[str, str], ImageseoError]
    written: set[Path] = field(default_factory=set)  # files that did not exist before this run

    def make(self, recipes: list[Recipe], advance: Any = lambda: None) -> dict[ModelRef, str]:
        """Make the recipes of one provider, write the masters into ``new``, and return the digests of its models."""
        digests: dict[ModelRef, str] = {}
        for recipe, outcome, _ in self.producer.produce(recipes[0].provider, recipes):
            if isinstance(outcome, Master):
                digests |= digests_by_model(recipe, outcome.models)
                self._write_master(recipe, outcome)
            else:
                self.failed[recipe.request_key] = outcome
            advance()
        return digests

    def failures_by_page(self, recipes: Mapping[str, Recipe]) -> list[tuple[str, ImageseoError]]:
        """Return page and error of each recipe that failed. ``recipes``: by page."""
        return [(page, error) for page, recipe in recipes.items() if (error := self.failed.get(recipe.request_key))]

    def remove_files(self) -> None:
        """Remove the masters that were only made to hash the files of their models."""
        for path in self.written:
            path.unlink(missing_ok=True)
        for folder in (self.folder / "new", self.folder):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _write_master(self, recipe: Recipe, master: Master) -> None:
        try:
            pin, name, data = build_pin(recipe.page, recipe, master)
            path = self.folder / "new" / name
            if not path.exists():
                self.written.add(path)
            write_atomic(path, data)
        except ProviderError as error:
            self.failed[recipe.request_key] = error
        except OSError as error:
            raise _write_error(self.folder, error) from error
        else:
            self.pins[recipe.request_key] = pin


def _has_changed(old: Mapping[ModelRef, str], current: Mapping[ModelRef, str]) -> bool:
    return any(current.get(model, digest) != digest for model, digest in old.items())


def _describe_changes(
    current: Mapping[ModelRef, str], pinned: Iterable[Mapping[ModelRef, str]]
) -> list[dict[str, Any]]:
    """Return the changed models with the digests of their pins and the current one."""
    old: dict[ModelRef, set[str]] = {}
    for digests in pinned:
        for model, digest in digests.items():
            if current.get(model, digest) != digest:
                old.setdefault(model, set()).add(digest)
    return [{"model": str(model), "was": sorted(old[model]), "now": current[model]} for model in sorted(old)]


def _compare_pins(old: Pin, new: Pin, vault: MasterStore, folder: Path) -> tuple[Pin, Pin, dict[str, Any]]:
    """Return both pins and the row of the report. Raises SiteError, LockError."""
    old_data = vault.read(old.file, old.file_sha256)
    name = Path(old.file).name
    try:
        write_atomic(folder / "old" / name, old_data)
        new_data = regular_file.read(folder / "new" / new.file)
    except OSError as error:
        raise _write_error(folder, error) from error
    with open_image(old_data, "the master store") as first, open_image(new_data, new.recipe.provider) as second:
        similarity = compare_images(first, second)
        verdict = verdict_for(old.pixels_sha256 == new.pixels_sha256, first.size == second.size, similarity)
    row = {
        "page": old.page,
        "verdict": verdict,
        "phash_distance": similarity.bits,
        "delta_e": similarity.delta_e,
        "old": {"file": f"old/{name}", "sha256": old.file_sha256, "models": dict(old.models)},
        "new": {"file": f"new/{new.file}", "sha256": new.file_sha256, "models": dict(new.models)},
    }
    return old, new, row


def _write_report(
    folder: Path,
    rows: list[tuple[Pin, Pin, dict[str, Any]]],
    failed: list[tuple[str, ImageseoError]],
    models: list[dict[str, Any]],
) -> None:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    heroes = [row for _, _, row in rows]
    report = {
        "version": 1,
        "models": models,
        "heroes": heroes,
        "failed": [{"page": page, "message": error.message} for page, error in failed],
    }
    template = Environment(
        loader=PackageLoader("imageseo.heroes", "generate"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    ).get_template("regression_report.html.jinja")
    worst = sorted(heroes, key=lambda row: (-row["delta_e"], row["page"]))
    recipes = {old.page: old.recipe for old, _, _ in rows}
    sheet = template.render(**{**report, "heroes": worst}, recipes=recipes)
    try:
        write_atomic(folder / DATA, (json.dumps(report, ensure_ascii=False, indent=2) + "\n").encode())
        write_atomic(folder / SHEET, sheet.encode())
    except OSError as error:
        raise _write_error(folder, error) from error


def _write_error(folder: Path, error: OSError) -> SiteError:
    return SiteError(
        f"{folder}: cannot be written: {error.strerror or error}",
        hint="Free disk space, or choose another folder with `--report`; no hero was replaced.",
    )
