"""imageseo.lock: what was asked for each hero and what came out; read, found, written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from imageseo.heroes.lock import serializer
from imageseo.heroes.lock.serializer import RESTORE, by_page
from imageseo.heroes.recipes.diff import changed
from imageseo.model.errors import LockError
from imageseo.model.hero import Pin, Recipe
from imageseo.storage.atomic import write_if_changed

NAME = "imageseo.lock"


@dataclass(frozen=True, slots=True)
class Lock:
    """The pins of a project: at most one a page, sorted by page."""

    pins: tuple[Pin, ...] = ()
    _pages: dict[str, Pin] = field(init=False, repr=False, compare=False)
    _recipes: dict[str, Pin] = field(init=False, repr=False, compare=False)  # the first of each, by page

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pages", {pin.page: pin for pin in self.pins})
        object.__setattr__(self, "_recipes", {pin.recipe_hash: pin for pin in reversed(self.pins)})

    def find(self, recipe_hash: str, page: str, *, own: bool = False) -> Pin | None:
        """The pin of a recipe: this page's own first, else any page's (a moved page keeps its hero).

        ``own``: no other page's.
        """
        found = self._pages.get(page)
        if found is not None and found.recipe_hash == recipe_hash:
            return found
        return None if own else self._recipes.get(recipe_hash)

    def of_page(self, page: str) -> Pin | None:
        """The pin of a page, whatever recipe it has."""
        return self._pages.get(page)

    def with_pinned_seed(self, recipe: Recipe, page: str, derived: Collection[str]) -> Recipe:
        """The recipe; where nobody wrote a seed, with that of the page's pin: a seed stays with the picture."""
        own = self.of_page(page) if "seed" in derived else None
        return recipe if own is None else replace(recipe, seed=own.recipe.seed)

    def stale_pin(self, recipe: Recipe, page: str, derived: Collection[str], words: object = None) -> Pin | None:
        """The page's pin when its recipe differs in nothing but what came from the page itself (``derived``).

        ``words``: the request's ``evidence["words"]``. A prompt holds the author's words beside the page's: where the
        author's are others than those that the pin was made of, it is not the page that changed.
        """
        own = self.of_page(page)
        return own if own is not None and differs_by(own, recipe, derived, words) else None

    def with_pin(self, pin: Pin) -> Lock:
        """A lock in which the pin is its page's only one."""
        return self.with_pins([pin])

    def with_pins(self, pins: Iterable[Pin]) -> Lock:
        """A lock in which these pins are the only ones of their pages."""
        return Lock(by_page({**self._pages, **{pin.page: pin for pin in pins}}.values()))

    def without(self, pages: Iterable[str]) -> Lock:
        """A lock without the pins of these pages."""
        gone = set(pages)
        return Lock(tuple(pin for pin in self.pins if pin.page not in gone))


def differs_by(pin: Pin, recipe: Recipe, derived: Collection[str], words: object = None) -> bool:
    """Whether a recipe differs from the pinned one in nothing but ``derived``; ``words``: as in ``standing``."""
    return set(changed(pin.recipe, recipe)) <= set(derived) and (words is None or pin.env.get("words") == words)


def read(path: Path) -> Lock:
    """The lock at ``path``; an empty one when there is no file. Every fault is a LockError naming file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Lock()
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"{path}: cannot be read: {error}", hint=RESTORE) from error
    return Lock(serializer.parse(path, text))


def write(path: Path, lock: Lock, known: serializer.Blocks | None = None) -> None:
    """Write the lock atomically, sorted by page, one key a line; a file that would not change is not touched.

    ``known``: as in ``lockfile.dump``.
    """
    data = serializer.dump(lock.pins, known).encode()
    try:
        write_if_changed(path, data)
    except OSError as error:
        raise LockError(
            f"{path}: cannot be written: {error}", hint="Free the file or the disk and run again."
        ) from error


def master_name(page: str, digest: str) -> str:
    """``guide-start-1a2b3c4d.png`` for ``docs/guide/start.md``: ASCII, and the first digits of the file's hash."""
    stem = PurePosixPath(page).with_suffix("")
    parts = [part for part in stem.parts if part not in ("docs", "content", "index", "/")] or [stem.name]
    text = unicodedata.normalize("NFKD", "-".join(parts)).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:48].strip("-") or "hero"
    return f"{slug}-{digest[:8]}.png"


def broken(file: str, sha256: str, found: str | None, *, page: str = "") -> str:
    """What to say of a pinned file whose digest is ``found`` (None: there is no file). ``page``: whose pin it is."""
    state = "is gone" if found is None else f"is not the file that was pinned, it is {found[:19]}…"
    return f"{file} {state} ({NAME} pins {sha256[:19]}…{f' for {page}' if page else ''})"
