"""Protocols: HeroProvider, Codec, Store, Progress, Clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from imageseo.model.hero import Master, Recipe

if TYPE_CHECKING:
    from PIL.Image import Image


class Codec(Protocol):
    """One output format. ``encode`` must give equal bytes for equal pixels, whatever the thread count."""

    name: str  # "avif"
    mime: str  # "image/avif"
    suffix: str  # "avif"
    keeps_alpha: bool

    def version(self) -> str:
        """Encoder and library versions; enters the store's key."""
        ...

    def encode(self, image: Image, *, quality: int, effort: int | None, xmp: bytes | None) -> bytes:
        """The encoded file. ``image``: RGB or RGBA, sRGB, upright; ``effort``: the codec's own scale, None = its default."""
        ...


class HeroProvider(Protocol):
    """Makes masters from recipes."""

    name: str

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The recipe options with defaults filled in and checked; unknown or wrong keys raise RecipeError."""
        ...

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        """One master a recipe, in order; raises ProviderError."""
        ...


class Stored(NamedTuple):
    """What the store knows of an entry without reading its bytes."""

    sha256: str
    bytes: int


class Store(Protocol):
    """Content-addressed: a key leads to bytes whose hash is checked on every read."""

    def find(self, key: str) -> Stored | None:
        """What lies under the key, or None."""
        ...

    def read(self, stored: Stored) -> bytes | None:
        """The bytes, verified; None when they are gone or damaged (damaged ones are removed)."""
        ...

    def put(self, key: str, data: bytes) -> Stored:
        """Keep bytes under a key, atomically."""
        ...


class Progress(Protocol):
    """Shows long work."""

    def task(self, title: str, total: int) -> AbstractContextManager[Step]: ...


class Step(Protocol):
    def advance(self, count: int = 1) -> None: ...


class Clock(Protocol):
    """Seconds, for reports only; never enters an output."""

    def __call__(self) -> float: ...
