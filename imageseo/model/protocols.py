"""Protocols: HeroProvider, Codec, Metric, Store, Vault, Progress, Result, Clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from imageseo.model.finding import Finding, Silenced
from imageseo.model.hero import Master, Recipe
from imageseo.model.image import ContentType

if TYPE_CHECKING:
    from PIL.Image import Image


class Codec(Protocol):
    """One output format. ``encode`` must give equal bytes for equal pixels, whatever the thread count.

    A coding is one of its ways to write a picture: ``""`` is the ordinary, lossy one, and ``"lossless"`` needs no
    quality.
    """

    name: str  # "avif"
    mime: str  # "image/avif"
    suffix: str  # "avif"
    keeps_alpha: bool

    def version(self) -> str:
        """Encoder and library versions; enters the store's key."""
        ...

    def codings(self, kind: ContentType) -> tuple[str, ...]:
        """Ways worth trying for such a picture, never none; the smallest result that is good enough is kept."""
        ...

    def encode(self, image: Image, *, quality: int, effort: int | None, xmp: bytes | None, coding: str = "") -> bytes:
        """The encoded file. ``image``: RGB or RGBA, sRGB, upright; ``effort``: its own scale, or its default."""
        ...


class Metric(Protocol):
    """Tells how much of a picture an encoder has kept, as SSIMULACRA2 does: 100 is all of it, 70 is good."""

    name: str  # "ssimulacra2 numpy"
    version: str  # changes whenever an equal pair would get another score; enters the store's key

    def reference(self, image: Image) -> Any:
        """What can be computed once of the picture that others are compared with: RGB or RGBA."""
        ...

    def score(self, reference: Any, image: Image) -> float:
        """The score of an image of the reference's size, RGB or RGBA; safe for threads side by side."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderContext:
    """Where a provider works, and with what.

    ``options``: its own table of the settings, ``providers.<name>``. ``cache``: a folder for what can be found again.
    ``progress``: shows long work.
    """

    project: Path
    cache: Path
    colors: tuple[str, ...] = ()
    brand: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress | None = None


class HeroProvider(Protocol):
    """Makes masters from recipes."""

    name: str
    version: str  # changes whenever an equal recipe would give other pixels; enters the store's key
    digital_source_type: str  # IPTC NewsCodes URI of all that it makes
    reproducible: bool  # equal recipes give equal pixels anywhere, at once: `build` may draw them without a pin

    def configure(self, place: ProviderContext) -> HeroProvider:
        """The same provider for one project. Raises SettingsError for options that it does not know, all at once."""
        ...

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The recipe options with defaults filled in and checked; unknown or wrong keys raise RecipeError."""
        ...

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        """What the author should know of what becomes of the recipe."""
        ...

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        """One master a recipe, in order; raises ProviderError."""
        ...


@runtime_checkable
class LibraryProvider(Protocol):
    """What a provider has beside the rest when it finds pictures instead of making them.

    ``reads_page``: ``complete`` takes the option ``page``, the page's own ``title``, ``tags`` (a list) and
    ``summary`` as far as it has them; what follows from them alone counts as coming from the page.
    """

    reads_page: bool

    def needs_own_picture(self, recipe: Recipe) -> bool:
        """Whether every page that has this very recipe is to get a picture of its own."""
        ...

    def with_pictures_in_use(self, shown: Mapping[str, tuple[str, ...]]) -> HeroProvider:
        """The same provider that knows what pages show already: ``sha256:…`` of a master or a picture -> pages.

        What a recipe's own ``page`` shows is free for it.
        """
        ...


@runtime_checkable
class SizedProvider(Protocol):
    """What a provider has beside the rest when it cannot make pictures of any size."""

    def size(self, width: int | None, height: int | None) -> tuple[int | None, int | None]:
        """px of a hero whose recipe does not say it; None: as the site has it. The arguments: what the settings say.

        It becomes part of the recipe, also where no model is: it may follow from the settings, and from nothing else.
        """
        ...


@runtime_checkable
class ModelProvider(Protocol):
    """What a provider has beside the rest when it knows its models' files without loading them."""

    def models(self, recipe: Recipe) -> Mapping[str, str]:
        """What ``Master.models`` of the recipe would be. Raises ProviderError, MissingExtraError."""
        ...


class StoredBlob(NamedTuple):
    """What the store knows of an entry without reading its bytes."""

    sha256: str
    bytes: int


class Store(Protocol):
    """Content-addressed: a key leads to bytes whose hash is checked on every read."""

    def find(self, key: str) -> StoredBlob | None:
        """What lies under the key, or None."""
        ...

    def read(self, stored: StoredBlob) -> bytes | None:
        """The bytes, verified; None when they are gone or damaged (damaged ones are removed)."""
        ...

    def intact(self, stored: StoredBlob) -> bool:
        """Whether the bytes are there as they were written, told without reading them; False where nobody can tell."""
        ...

    def path(self, sha256: str) -> Path:
        """The file that holds the bytes of that hash, for readers that want a file; nothing is verified."""
        ...

    def put(self, key: str, data: bytes) -> StoredBlob:
        """Keep bytes under a key, atomically."""
        ...


class MasterStore(Protocol):
    """Where masters lie: a folder of the project, or a bucket. A *file* is what the lock says of one.

    Digests are ``sha256:…``. No message tells a password, a key or an endpoint.
    """

    where: str  # for people: "heroes", "s3://bucket/prefix"

    def file(self, name: str) -> str:
        """What the lock says of a master of this name: ``heroes/x.png`` for a folder, the bare name elsewhere."""
        ...

    def digest(self, file: str) -> str | None:
        """The digest of the bytes that lie there, None when there are none. Raises LockError when nobody can tell."""
        ...

    def read(self, file: str, sha256: str) -> bytes:
        """The bytes, verified. Raises LockError when they are gone, others, or out of reach."""
        ...

    def put(self, name: str, data: bytes) -> str:
        """Keep a master for good, whole or not at all; returns its file. Equal bytes may be put again.

        Raises SiteError when they cannot be written, or did not arrive as they were sent.
        """
        ...

    def discard(self, file: str, sha256: str) -> None:
        """Remove a master that no pin names, as long as it is what was pinned. Raises SiteError."""
        ...

    def path(self, file: str) -> Path | None:
        """Where the bytes lie on this machine, fetched first where they must be; None when there is no such file.

        Raises LockError when they are out of reach.
        """
        ...


class Progress(Protocol):
    """Shows long work."""

    def task(self, title: str, total: int) -> AbstractContextManager[Step]: ...


class Step(Protocol):
    def advance(self, count: int = 1) -> None: ...


class Result(Protocol):
    """What a report is made of: the end of a build or of a lint.

    ``title``: one word (``build``). ``summary``: counts by name, in the order to show them; never a time.
    """

    @property
    def title(self) -> str: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...
    @property
    def silenced(self) -> tuple[Silenced, ...]: ...
    @property
    def summary(self) -> Mapping[str, int | float]: ...


class Clock(Protocol):
    """Seconds, for reports only; never enters an output."""

    def __call__(self) -> float: ...
