"""A model with other files: its heroes made anew, beside the pinned ones, to be looked at before they replace them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from imageseo.heroes.generate.model_changes import ModelRef, parts
from imageseo.heroes.generate.producer import Producer
from imageseo.heroes.generate.verify import judge
from imageseo.heroes.masters.pin_builder import build_pin
from imageseo.heroes.masters.similarity import compare as likeness
from imageseo.heroes.masters.similarity import opened
from imageseo.heroes.recipes import asset_providers
from imageseo.model.errors import ImageseoError, ProviderError, SiteError
from imageseo.model.hero import Master, Pin, Recipe
from imageseo.model.protocols import MasterStore, Progress
from imageseo.storage.atomic import write_atomic

SHEET, DATA = "index.html", "regression.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """``pins``: the new ones, sorted by page; their ``file`` is a bare name. ``failed``: page and fault."""

    folder: Path
    pins: tuple[Pin, ...] = ()
    failed: tuple[tuple[str, ImageseoError], ...] = ()

    def data(self, pin: Pin) -> bytes:
        """The new master of a pin. Raises SiteError."""
        try:
            return (self.folder / "new" / pin.file).read_bytes()
        except OSError as error:
            raise _unwritable(self.folder, error) from error


def compare(
    pinned: Mapping[str, Pin], making: Producer, vault: MasterStore, folder: Path, *, progress: Progress | None = None
) -> Renewed:
    """Find the models whose files changed, make every pinned hero of theirs anew, and write the report.

    ``pinned``: page -> pin, whose masters are there. One hero of each model is made to learn what its files are; where
    these are the pinned ones no other is made, and without any change nothing is written but those. ``folder``: gets
    ``index.html``, ``regression.json``, and both pictures of each hero in ``old`` and ``new``.
    Raises SiteError when it cannot be written to, LockError for a master that cannot be read.
    """
    recipes = asset_providers.recipes_to_repeat(making.providers, pinned.values())
    bench = _Bench(making=making, folder=folder, held={}, failed={})
    now: dict[ModelRef, str] = {}
    old = {page: parts(pin.recipe, pin.models) for page, pin in sorted(pinned.items()) if pin.models}
    for page, files in old.items():
        if not set(files) <= set(now):
            now.update(bench.make([recipes[page]]))
    affected = {page: pinned[page] for page, files in old.items() if _differ(files, now)}
    if not affected:
        bench.clear()
        return Renewed(folder=folder, failed=tuple(bench.faults(recipes)))
    asked = {recipes[page].request_key: recipes[page] for page in affected}
    left = [recipe for errand, recipe in asked.items() if errand not in bench.held and errand not in bench.failed]
    with progress.task("Heroes of a changed model", len(left)) if progress else nullcontext() as step:
        for _, group in groupby(sorted(left, key=lambda each: each.provider), key=lambda each: each.provider):
            bench.make(list(group), advance=step.advance if step else lambda: None)
    rows = [
        _row(pin, replace(held, page=page, owner=pin.owner), vault, folder)
        for page, pin in affected.items()
        if (held := bench.held.get(recipes[page].request_key))
    ]
    failed = bench.faults(recipes)
    _write(folder, rows, failed, _changed(now, old.values()))
    return Renewed(folder=folder, pins=tuple(new for _, new, _ in rows), failed=tuple(failed))


@dataclass(slots=True, kw_only=True)
class _Bench:
    """Where new masters wait: ``Recipe.errand`` -> pin, or fault."""

    making: Producer
    folder: Path
    held: dict[tuple[str, str], Pin]
    failed: dict[tuple[str, str], ImageseoError]
    fresh: set[Path] = field(default_factory=set)  # files that no earlier report shows

    def make(self, recipes: list[Recipe], advance: Any = lambda: None) -> dict[ModelRef, str]:
        """Make, and write into ``new``. Recipes of one provider; returns the files of its models."""
        found: dict[ModelRef, str] = {}
        for recipe, outcome, _ in self.making.produce(recipes[0].provider, recipes):
            if isinstance(outcome, Master):
                found |= parts(recipe, outcome.models)
                self._hold(recipe, outcome)
            else:
                self.failed[recipe.request_key] = outcome
            advance()
        return found

    def faults(self, recipes: Mapping[str, Recipe]) -> list[tuple[str, ImageseoError]]:
        """Page and fault. ``recipes``: by page."""
        return [(page, fault) for page, recipe in recipes.items() if (fault := self.failed.get(recipe.request_key))]

    def clear(self) -> None:
        """Take away what was made only to learn the files of its model."""
        for path in self.fresh:
            path.unlink(missing_ok=True)
        for folder in (self.folder / "new", self.folder):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _hold(self, recipe: Recipe, master: Master) -> None:
        try:
            pin, name, data = build_pin(recipe.page, recipe, master)
            path = self.folder / "new" / name
            if not path.exists():
                self.fresh.add(path)
            write_atomic(path, data)
        except ProviderError as error:
            self.failed[recipe.request_key] = error
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        else:
            self.held[recipe.request_key] = pin


def _differ(old: Mapping[ModelRef, str], now: Mapping[ModelRef, str]) -> bool:
    return any(now.get(part, digest) != digest for part, digest in old.items())


def _changed(now: Mapping[ModelRef, str], olds: Iterable[Mapping[ModelRef, str]]) -> list[dict[str, Any]]:
    """The models whose files are others: what they are, and what pins say of them."""
    was: dict[ModelRef, set[str]] = {}
    for files in olds:
        for part, digest in files.items():
            if now.get(part, digest) != digest:
                was.setdefault(part, set()).add(digest)
    return [{"model": str(part), "was": sorted(was[part]), "now": now[part]} for part in sorted(was)]


def _row(old: Pin, new: Pin, vault: MasterStore, folder: Path) -> tuple[Pin, Pin, dict[str, Any]]:
    was = vault.read(old.file, old.file_sha256)
    name = Path(old.file).name
    try:
        write_atomic(folder / "old" / name, was)
        data = (folder / "new" / new.file).read_bytes()
    except OSError as error:
        raise _unwritable(folder, error) from error
    with opened(was, "the vault") as one, opened(data, new.recipe.provider) as other:
        alike = likeness(one, other)
        verdict = judge(old.pixels_sha256 == new.pixels_sha256, one.size == other.size, alike)
    row = {
        "page": old.page,
        "verdict": verdict,
        "phash_distance": alike.bits,
        "delta_e": alike.delta_e,
        "old": {"file": f"old/{name}", "sha256": old.file_sha256, "models": dict(old.models)},
        "new": {"file": f"new/{new.file}", "sha256": new.file_sha256, "models": dict(new.models)},
    }
    return old, new, row


def _write(
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
        "failed": [{"page": page, "message": fault.message} for page, fault in failed],
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
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> SiteError:
    return SiteError(
        f"{folder}: cannot be written: {error.strerror or error}",
        hint="Make room, or name another folder with `--report`; nothing was replaced.",
    )
