"""A fake for every port: what it is told is kept, what it makes is small and always the same."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from PIL import Image

from imageseo.errors import RecipeError
from imageseo.model.hero import ALGORITHMIC_MEDIA, Master, Recipe
from imageseo.model.image import Kind
from imageseo.ports import Codec, HeroProvider, Progress, Step, Store, Stored

if TYPE_CHECKING:
    from PIL.Image import Image as Picture


class Ticks:
    """Progress that counts: title -> (total, done)."""

    def __init__(self) -> None:
        self.tasks: dict[str, tuple[int, int]] = {}

    def task(self, title: str, total: int) -> AbstractContextManager[Step]:
        self.tasks[title] = (total, 0)
        return self._step(title)

    @contextmanager
    def _step(self, title: str) -> Iterator[Step]:
        yield _Tick(self.tasks, title)


class _Tick:
    def __init__(self, tasks: dict[str, tuple[int, int]], title: str) -> None:
        self._tasks, self._title = tasks, title

    def advance(self, count: int = 1) -> None:
        total, done = self._tasks[self._title]
        self._tasks[self._title] = (total, done + count)


class Heard:
    """A host's logger that keeps what was said, as (level, text)."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def debug(self, msg: object, *args: object, exc_info: bool = False) -> None:
        self.said.append(("debug", str(msg) % args))

    def info(self, msg: object, *args: object) -> None:
        self.said.append(("info", str(msg) % args))

    def warning(self, msg: object, *args: object) -> None:
        self.said.append(("warning", str(msg) % args))

    def error(self, msg: object, *args: object) -> None:
        self.said.append(("error", str(msg) % args))


class MemoryStore:
    """A store that is gone with the test. ``damaged``: hashes whose bytes cannot be read any more."""

    def __init__(self) -> None:
        self.keys: dict[str, Stored] = {}
        self.blobs: dict[str, bytes] = {}
        self.damaged: set[str] = set()

    def find(self, key: str) -> Stored | None:
        return self.keys.get(key)

    def read(self, stored: Stored) -> bytes | None:
        return None if stored.sha256 in self.damaged else self.blobs.get(stored.sha256)

    def put(self, key: str, data: bytes) -> Stored:
        stored = Stored(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        self.keys[key], self.blobs[stored.sha256] = stored, data
        return stored


class PlainCodec:
    """Encodes nothing: the raw pixels under a header that names quality and effort. ``calls`` counts."""

    mime = "image/x-plain"
    suffix = "plain"
    keeps_alpha = True

    def __init__(self, name: str = "plain") -> None:
        self.name = name
        self.calls = 0

    def version(self) -> str:
        return "1"

    def codings(self, kind: Kind) -> tuple[str, ...]:
        return ("",)

    def encode(self, image: Picture, *, quality: int, effort: int | None, xmp: bytes | None, coding: str = "") -> bytes:
        self.calls += 1
        head = f"{self.name} {image.width}x{image.height} q{quality} e{effort}\n"
        return head.encode() + image.tobytes() + (xmp or b"")


class OneColour:
    """A hero provider that paints the seed as one colour and knows the option ``prompt`` alone."""

    version = "1"
    digital_source_type = ALGORITHMIC_MEDIA

    def __init__(self, name: str = "one-colour", *, reproducible: bool = True) -> None:
        self.name = name
        self.reproducible = reproducible
        self.asked: list[Recipe] = []

    def branded(self, *, colors: tuple[str, ...], name: str) -> HeroProvider:
        return self

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        unknown = sorted(set(options) - {"prompt"})
        if unknown:
            raise RecipeError(f"unknown option `{unknown[0]}`")
        return {"prompt": "", **options}

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        return ("one colour is all that it paints",)

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        for recipe in recipes:
            self.asked.append(recipe)
            colour = (recipe.seed % 256, recipe.seed // 256 % 256, 128)
            out = io.BytesIO()
            Image.new("RGB", (recipe.width, recipe.height), colour).save(out, "PNG")
            yield Master(png=out.getvalue(), digital_source_type=ALGORITHMIC_MEDIA, notes=self.notes(recipe))


def clock() -> float:
    """It is always noon."""
    return 43_200.0


# Held to their ports by the type checker.
_PORTS: tuple[Progress, Store, Codec, HeroProvider] = (Ticks(), MemoryStore(), PlainCodec(), OneColour())
