"""A fake for every port: what it is told is kept, what it makes is small and always the same."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageChops, ImageStat

from imageseo.model.errors import RecipeError
from imageseo.model.hero import ALGORITHMIC_MEDIA, Master, Recipe
from imageseo.model.image import ContentType
from imageseo.model.progress import Progress, Step
from imageseo.model.protocols import Codec, HeroProvider, Metric, ProviderContext, Store, StoredBlob

if TYPE_CHECKING:
    from PIL.Image import Image as Picture


class Ticks:
    """Progress that counts: title -> (total, done)."""

    def __init__(self) -> None:
        self.tasks: dict[str, tuple[int, int]] = {}

    def task(self, title: str, total: int, work: float | None = None) -> AbstractContextManager[Step]:
        self.tasks[title] = (total, 0)
        return self._step(title)

    @contextmanager
    def _step(self, title: str) -> Iterator[Step]:
        yield _Tick(self.tasks, title)


class _Tick:
    def __init__(self, tasks: dict[str, tuple[int, int]], title: str) -> None:
        self._tasks, self._title = tasks, title

    def advance(self, count: int = 1, work: float | None = None) -> None:
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
        self.keys: dict[str, StoredBlob] = {}
        self.blobs: dict[str, bytes] = {}
        self.damaged: set[str] = set()

    def find(self, key: str) -> StoredBlob | None:
        return self.keys.get(key)

    def read(self, stored: StoredBlob) -> bytes | None:
        return None if stored.sha256 in self.damaged else self.blobs.get(stored.sha256)

    def intact(self, stored: StoredBlob) -> bool:
        return self.read(stored) is not None

    def path(self, sha256: str) -> Path:
        return Path("/nowhere") / sha256

    def put(self, key: str, data: bytes) -> StoredBlob:
        stored = StoredBlob(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        self.keys[key], self.blobs[stored.sha256] = stored, data
        return stored


class PlainCodec:
    """Encodes nothing: the raw pixels under a header that names quality and effort. ``calls`` counts."""

    mime = "image/x-plain"
    suffix = "plain"
    keeps_alpha = True
    max_side: int | None = None

    def __init__(self, name: str = "plain") -> None:
        self.name = name
        self.calls = 0

    def version(self) -> str:
        return "1"

    def codings(self, kind: ContentType) -> tuple[str, ...]:
        return ("",)

    def encode(self, image: Picture, *, quality: int, effort: int | None, xmp: bytes | None, coding: str = "") -> bytes:
        self.calls += 1
        head = f"{self.name} {image.width}x{image.height} q{quality} e{effort}\n"
        return head.encode() + image.tobytes() + (xmp or b"")


class Veil:
    """A WebP without loss of a picture made brighter: by ``(100 - quality) / 4``, and more so the wider it is.

    So with ``Plainly`` its score at a quality is known beforehand. ``calls``: width, quality, effort, coding of each.
    """

    name = "webp"
    mime = "image/webp"
    suffix = "webp"
    keeps_alpha = True
    max_side: int | None = None

    def __init__(self, codings: tuple[str, ...] = ("",), *, refuses: int | None = None) -> None:
        self._codings = codings
        self._refuses = refuses
        self.calls: list[tuple[int, int, int | None, str]] = []

    def version(self) -> str:
        return "1"

    def codings(self, kind: ContentType) -> tuple[str, ...]:
        return self._codings

    @staticmethod
    def loss(width: int, quality: int, effort: int | None) -> float:
        return (100 - quality) * (1 + width / 2560) / 4 + (0 if effort is None else effort / 10)

    def encode(self, image: Picture, *, quality: int, effort: int | None, xmp: bytes | None, coding: str = "") -> bytes:
        self.calls.append((image.width, quality, effort, coding))
        if image.width == self._refuses:
            raise ValueError("not at this size")
        by = 0 if coding == "lossless" else round(self.loss(image.width, quality, effort))
        out = io.BytesIO()
        image.point([min(255, value + by) for value in range(256)] * len(image.getbands())).save(
            out, "WEBP", lossless=True
        )
        return out.getvalue() + (b"" if coding == "lossless" else bytes(quality))


class Plainly:
    """A metric that takes a point for each level of brightness between two pictures, in the mean."""

    name = "plainly"
    version = "1"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.seen: list[tuple[int, int]] = []

    def reference(self, image: Picture) -> Picture:
        if self.error is not None and image.width > 16:
            raise self.error
        self.seen.append(image.size)
        return image

    def score(self, reference: Picture, image: Picture) -> float:
        means = ImageStat.Stat(ImageChops.difference(reference.convert("RGB"), image.convert("RGB"))).mean
        return 100 - sum(means) / len(means)


class OneColour:
    """A hero provider that paints the seed as one colour and knows the option ``prompt`` alone."""

    version = "1"
    digital_source_type = ALGORITHMIC_MEDIA

    def __init__(self, name: str = "one-colour", *, reproducible: bool = True) -> None:
        self.name = name
        self.reproducible = reproducible
        self.asked: list[Recipe] = []

    def configure(self, place: ProviderContext) -> HeroProvider:
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
_PORTS: tuple[Progress, Store, Codec, Codec, Metric, HeroProvider] = (
    Ticks(),
    MemoryStore(),
    PlainCodec(),
    Veil(),
    Plainly(),
    OneColour(),
)
