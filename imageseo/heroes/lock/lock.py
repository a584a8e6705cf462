"""Read, search and write imageseo.lock, which ties the recipe of each hero to its master."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from imageseo.heroes.lock import serializer
from imageseo.heroes.lock.serializer import RESTORE, by_page
from imageseo.heroes.recipes.diff import changed_keys
from imageseo.heroes.recipes.picks import with_picked
from imageseo.model import git_lfs, regular_file
from imageseo.model.errors import LockError
from imageseo.model.hero import HeroRequest, Pin, Recipe
from imageseo.storage.atomic import write_if_changed

NAME = "imageseo.lock"


@dataclass(frozen=True, slots=True)
class Lock:
    """The pins of a project: at most one per page, sorted by page."""

    pins: tuple[Pin, ...] = ()
    _pages: dict[str, Pin] = field(init=False, repr=False, compare=False)
    _recipes: dict[str, Pin] = field(init=False, repr=False, compare=False)  # the first pin of each recipe, by page

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pages", {pin.page: pin for pin in self.pins})
        object.__setattr__(self, "_recipes", {pin.recipe_hash: pin for pin in reversed(self.pins)})

    def find(self, recipe_hash: str, page: str, *, own: bool = False) -> Pin | None:
        """Return the pin of a recipe: preferably of this page, else of any page (a moved page keeps its hero).

        ``own``: only search this page.
        """
        pin = self._pages.get(page)
        if pin is not None and pin.recipe_hash == recipe_hash:
            return pin
        return None if own else self._recipes.get(recipe_hash)

    def of_page(self, page: str) -> Pin | None:
        """Return the pin of a page, with any recipe."""
        return self._pages.get(page)

    def with_pinned_seed(self, recipe: Recipe, page: str, derived: Collection[str]) -> Recipe:
        """Return the recipe; if its seed was not written by the author, with the seed of the page's pin.

        A card that was pinned with the page's title, not its headline, keeps that title.
        """
        own = self.of_page(page)
        if own is None:
            return recipe
        card, pinned = recipe.options.get("card"), own.recipe.options.get("card")
        title = pinned.get("title") if isinstance(pinned, Mapping) else None
        if title and title == recipe.former_title and isinstance(card, Mapping):
            recipe = replace(recipe, options={**recipe.options, "card": {**card, "title": title}})
        return replace(recipe, seed=own.recipe.seed) if "seed" in derived else recipe

    def with_pinned_choice(self, request: HeroRequest, recipe: Recipe) -> Recipe:
        """Return the recipe of a request with what was pinned for its page, where the author wrote nothing.

        That is the seed, and all keys that were picked with the image.
        """
        own = self.of_page(request.page)
        recipe = self.with_pinned_seed(recipe, request.page, request.derived)
        return recipe if own is None else with_picked(recipe, own, request.written)

    def stale_pin(self, recipe: Recipe, page: str, derived: Collection[str], words: object = None) -> Pin | None:
        """Return the page's pin if its recipe only differs in keys derived from the page (``derived``).

        ``words``: the request's ``evidence["words"]``, a hash of the author's texts. A prompt contains texts of the
        author and of the page: if the pin has another hash, the author changed the prompt, not only the page.
        """
        own = self.of_page(page)
        return own if own is not None and differs_by(own, recipe, derived, words) else None

    def with_pin(self, pin: Pin) -> Lock:
        """Return a lock with this pin instead of the page's former one."""
        return self.with_pins([pin])

    def with_pins(self, pins: Iterable[Pin]) -> Lock:
        """Return a lock with these pins instead of the former ones of their pages."""
        return Lock(by_page({**self._pages, **{pin.page: pin for pin in pins}}.values()))

    def without(self, pages: Iterable[str]) -> Lock:
        """Return a lock without the pins of these pages."""
        removed = set(pages)
        return Lock(tuple(pin for pin in self.pins if pin.page not in removed))


def differs_by(pin: Pin, recipe: Recipe, derived: Collection[str], words: object = None) -> bool:
    """Whether a recipe only differs from the pinned one in ``derived`` keys; ``words``: as in ``Lock.stale_pin``."""
    return set(changed_keys(pin.recipe, recipe)) <= set(derived) and (words is None or pin.env.get("words") == words)


def read(path: Path) -> Lock:
    """Read the lock at ``path``; an empty one if there is no file. Raises LockError with file and line."""
    try:
        text = regular_file.read_text(path)
    except FileNotFoundError:
        return Lock()
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"{path}: cannot be read: {error}", hint=RESTORE) from error
    if git_lfs.is_pointer(text.encode()):
        raise LockError(git_lfs.describe(path), hint=git_lfs.PULL)
    return Lock(serializer.parse(path, text))


def write(path: Path, lock: Lock, cache: serializer.Blocks | None = None) -> None:
    """Write the lock atomically, sorted by page, one key per line; an unchanged file is not written.

    ``cache``: as in ``serializer.dump``.
    """
    data = serializer.dump(lock.pins, cache).encode()
    try:
        write_if_changed(path, data)
    except OSError as error:
        raise LockError(
            f"{path}: cannot be written: {error}", hint="Check permissions and free disk space, and run again."
        ) from error


def master_name(page: str, digest: str) -> str:
    """Return ``guide-start-1a2b3c4d.png`` for ``docs/guide/start.md``: ASCII, with the first digits of the hash."""
    stem = PurePosixPath(page).with_suffix("")
    parts = [part for part in stem.parts if part not in ("docs", "content", "index", "/")] or [stem.name]
    text = unicodedata.normalize("NFKD", "-".join(parts)).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:48].strip("-") or "hero"
    return f"{slug}-{digest[:8]}.png"


def describe_mismatch(file: str, sha256: str, found: str | None, *, page: str = "") -> str:
    """Describe a pinned file whose digest is ``found`` (None: there is no file). ``page``: the page of the pin."""
    state = "is missing" if found is None else f"is not the pinned file, its hash is {found[:19]}…"
    return f"{file} {state} ({NAME} pins {sha256[:19]}…{f' for {page}' if page else ''})"
