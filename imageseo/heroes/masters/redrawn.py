"""Draw heroes again in other shapes, from the recipes of their masters."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from imageseo.heroes.masters.master_check import checked_png, crashed
from imageseo.heroes.masters.resolver import ResolvedMaster, unpinned_key
from imageseo.heroes.masters.stored_drawing import StoredDrawing
from imageseo.model.errors import ImageseoError
from imageseo.model.hero import Recipe
from imageseo.model.protocols import HeroProvider, Store, StoredBlob
from imageseo.model.redrawing import RedrawProvider

_EQUAL, _DIFFERENT = b"equal", b"different"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrawing:
    """An image that can be drawn. ``version``: identifies its pixels. ``key``: of its PNG in the store."""

    recipe: Recipe
    provider: HeroProvider
    key: str

    @property
    def version(self) -> str:
        return f"{self.provider.name} {self.provider.version} {self.recipe.key}"


@dataclass(slots=True, kw_only=True)
class Redrawer:
    """Draws masters again. ``faults``: why it could not, by the master's digest."""

    store: Store
    providers: Mapping[str, HeroProvider]
    faults: dict[str, str] = field(default_factory=dict)
    _matching: dict[str, bool] = field(default_factory=dict)  # recipe and pixels of a pin -> whether they match

    def find(
        self, master: ResolvedMaster, size: tuple[int, int], *, dark: bool = False, phone: bool = False
    ) -> Redrawing | None:
        """Return how a master is drawn in another size; None if it can only be cropped.

        A pinned master must be what its recipe gives today: else the other shapes would be another image.
        """
        recipe = master.recipe
        provider = self.providers.get(recipe.provider) if recipe is not None else None
        if recipe is None or provider is None or not provider.reproducible or not isinstance(provider, RedrawProvider):
            return None
        if master.sha256 in self.faults:
            return None
        try:
            new = _redraw(provider, recipe, size, dark=dark, phone=phone)
            if new is None:
                return None
            if not self._matches(master, recipe, provider):
                self.faults[master.sha256] = "the pinned image is not what its recipe gives with this version"
                return None
        except ImageseoError as error:
            self.faults[master.sha256] = f"it cannot be drawn again: {error.message}"
            return None
        return Redrawing(recipe=new, provider=provider, key=unpinned_key(provider, new))

    def draw(self, redrawing: Redrawing) -> StoredBlob:
        """Return the PNG in the store; it is drawn if it is not there. Raises ImageseoError."""
        return self._drawing(redrawing).stored()

    def read(self, redrawing: Redrawing) -> bytes:
        """Return the PNG. Raises ImageseoError."""
        return self._drawing(redrawing).read()

    def _drawing(self, redrawing: Redrawing) -> StoredDrawing:
        return StoredDrawing(self.store, redrawing.key, partial(checked_png, redrawing.provider, redrawing.recipe))

    def _matches(self, master: ResolvedMaster, recipe: Recipe, provider: HeroProvider) -> bool:
        if master.pixels is None:
            return True
        parts = ("hero redrawn", provider.name, provider.version, platform.machine(), recipe.key, master.pixels)
        key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        if key not in self._matching:
            stored = self.store.find(key)
            verdict = self.store.read(stored) if stored is not None else None
            if verdict is None:
                verdict = _EQUAL if _pixels(provider, recipe) == master.pixels else _DIFFERENT
                self.store.put(key, verdict)
            self._matching[key] = verdict == _EQUAL
        return self._matching[key]


def _pixels(provider: HeroProvider, recipe: Recipe) -> str:
    from imageseo.heroes.masters.similarity import open_image, pixels_digest  # once for each pin

    with open_image(checked_png(provider, recipe), recipe.provider) as image:
        return pixels_digest(image)


def _redraw(provider: HeroProvider, recipe: Recipe, size: tuple[int, int], *, dark: bool, phone: bool) -> Recipe | None:
    width, height = size
    try:
        new = cast("RedrawProvider", provider).redraw(recipe, width=width, height=height, dark=dark, phone=phone)
    except ImageseoError:
        raise
    except (Exception, SystemExit) as error:  # code of another distribution may raise anything
        raise crashed(str(getattr(provider, "label", provider.name)), error) from error
    fits = isinstance(new, Recipe) and new.provider == recipe.provider and (new.width, new.height) == size
    return new if fits else None
