"""Title cards over images that are not drawn by us: the card is published, and the image stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from imageseo.heroes.masters.resolver import ResolvedMaster, unpinned_key
from imageseo.heroes.masters.stored_drawing import StoredDrawing, kept_notes
from imageseo.model.errors import RecipeError
from imageseo.model.hero import ALGORITHMIC_MEDIA, HeroRequest, Master, Recipe
from imageseo.model.protocols import HeroProvider, Store
from imageseo.model.redrawing import CardProvider

NAME = "card"
_WIDEST = 1920
"""px of a card over a larger image; more is of no use for a hero."""


@dataclass(slots=True)
class CardOver:
    """A provider for one build whose recipes name an image by its hash; not for authors.

    ``images``: hash -> its bytes.
    """

    drawer: CardProvider
    images: dict[str, Callable[[], bytes]] = field(default_factory=dict)
    name: str = NAME
    version: str = ""
    digital_source_type: str = ALGORITHMIC_MEDIA
    reproducible: bool = True

    def __post_init__(self) -> None:
        self.version = self.drawer.version

    def configure(self, place: object) -> HeroProvider:
        """Return the provider: it has no settings."""
        return self

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Refuse recipes of authors."""
        raise RecipeError("unknown hero provider 'card'", hint="write `card` beside `src` or a recipe")

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        """Return what the card cannot show of its texts."""
        return self.drawer.notes(recipe)

    def redraw(self, recipe: Recipe, *, width: int, height: int, dark: bool, phone: bool) -> Recipe | None:
        """Return the recipe in another size; there is no dark version of an image from elsewhere."""
        return None if dark else self.drawer.redraw(recipe, width=width, height=height, dark=False, phone=phone)

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        """Yield one card per recipe."""
        for recipe in recipes:
            png = self.drawer.draw_over(self.images[str(recipe.options["image"])](), recipe)
            yield Master(png=png, digital_source_type=self.digital_source_type)


@dataclass(slots=True)
class CardDrawer:
    """Draws cards over masters and image files into the store."""

    providers: Mapping[str, HeroProvider]
    store: Store
    _provider: CardOver | None = None

    def over(self, master: ResolvedMaster, request: HeroRequest) -> tuple[ResolvedMaster, tuple[str, ...]]:
        """Return the master of a card over another one, and notes. Raises ImageseoError."""
        provider = self._card_over()
        provider.images[master.sha256] = master.read
        width = min(master.width, _WIDEST)
        options = {
            "image": master.sha256,
            "card": dict(request.card),
            "colors": _plain(provider.drawer.colors),
            "mode": provider.drawer.mode,
            "focal": list(request.focal or (0.5, 0.5)),
        }
        height = max(1, (master.height * width + master.width // 2) // master.width)
        recipe = Recipe(provider=NAME, seed=0, width=width, height=height, options=options)
        key = unpinned_key(provider, recipe)
        drawing = StoredDrawing(self.store, key, partial(_draw, provider, recipe))
        stored = self.store.find(key)
        if stored is None or not self.store.intact(stored):
            stored = self.store.put(key, drawing.draw())
        carded = replace(
            master,
            sha256=stored.sha256.removeprefix("sha256:"),
            width=width,
            height=height,
            file=None,
            read=drawing.read,
            recipe=recipe,
            pixels=None,
        )
        return carded, kept_notes(self.store, key, partial(provider.notes, recipe))

    def with_cards(self) -> dict[str, HeroProvider]:
        """Return the providers with the one that draws these cards in other shapes."""
        found = dict(self.providers)
        return found if self._provider is None else {**found, NAME: self._provider}

    def _card_over(self) -> CardOver:
        if self._provider is None:
            drawer = self.providers.get("procedural")
            if not isinstance(drawer, CardProvider):
                raise RecipeError("`card`: the provider `procedural`, which draws cards, is replaced by a plug-in")
            self._provider = CardOver(drawer)
        return self._provider


def file_master(path: str, data: Callable[[], bytes], sha256: str, size: tuple[int, int]) -> ResolvedMaster:
    """Return an image file of the site as a master; its path is only for messages."""
    return ResolvedMaster(
        sha256=sha256 or hashlib.sha256(path.encode()).hexdigest(),
        width=size[0],
        height=size[1],
        digital_source_type="",
        file=None,
        read=data,
    )


def _plain(colors: Any) -> Any:
    return dict(colors) if isinstance(colors, Mapping) else list(colors)


def _draw(provider: CardOver, recipe: Recipe) -> bytes:
    return next(provider.produce([recipe])).png
