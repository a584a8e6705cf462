"""Protocols of plug-ins (codec, metric, hero provider, integration) and services (stores, result, clock)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from imageseo.model.finding import Finding, Silenced
from imageseo.model.hero import Master, Recipe
from imageseo.model.image import ContentType
from imageseo.model.progress import Progress
from imageseo.model.site import PageHints

if TYPE_CHECKING:
    from PIL.Image import Image


class Codec(Protocol):
    """One output format. ``encode`` must give equal bytes for equal pixels, whatever the thread count.

    A coding is one of its encoding modes: ``""`` is the ordinary, lossy one; ``"lossless"`` needs no quality.

    Optional: ``decode(data)`` returns the image of an encoded file; ``bytes_per_point`` … as in ``formats.Format``.
    """

    name: str  # "avif"
    mime: str  # "image/avif"
    suffix: str  # "avif"
    keeps_alpha: bool
    max_side: int | None  # px; images with a longer side are not encoded; None: no limit

    def version(self) -> str:
        """Return encoder and library versions; part of the cache key."""
        ...

    def codings(self, kind: ContentType) -> tuple[str, ...]:
        """Return the codings to try for this kind of image, at least one; the smallest good enough result is kept."""
        ...

    def encode(self, image: Image, *, quality: int, effort: int | None, xmp: bytes | None, coding: str = "") -> bytes:
        """Return the encoded file. ``image``: RGB(A), sRGB, upright. ``effort``: codec's scale; None: its default."""
        ...


class Metric(Protocol):
    """Rates the similarity of an encoded image to its original on the scale of SSIMULACRA2: 100 identical, 70 good."""

    name: str  # "ssimulacra2 numpy"
    version: str  # changes whenever an equal pair would get another score; part of the cache key

    def reference(self, image: Image) -> Any:
        """Precompute data of the image that others are compared with: RGB or RGBA."""
        ...

    def score(self, reference: Any, image: Image) -> float:
        """Return the score of an image of the reference's size, RGB or RGBA; thread-safe."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderContext:
    """The environment of a provider.

    ``options``: its own table of the settings, ``providers.<name>``. ``cache``: for data that can be recreated.
    ``colors``: of the brand, in any order or by role. ``mode``, ``card``, ``fonts``, ``logo``: as in ``brand`` of the
    settings. ``progress``: of work.
    """

    project: Path
    cache: Path
    colors: tuple[str, ...] | Mapping[Any, str] = ()
    mode: str = "auto"
    brand: str = ""
    card: str = "bottom"
    fonts: tuple[str, ...] = ()
    logo: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress | None = None


class HeroProvider(Protocol):
    """Makes masters from recipes."""

    name: str
    version: str  # changes whenever an equal recipe would give other pixels; part of the cache key
    digital_source_type: str  # IPTC NewsCodes URI of its images
    reproducible: bool  # equal recipes give equal pixels on any machine, quickly: `build` may draw them without a pin

    def configure(self, place: ProviderContext) -> HeroProvider:
        """Return the provider configured for one project. Raises SettingsError with all unknown options."""
        ...

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the recipe options, checked and with defaults filled in. Raises RecipeError for invalid keys."""
        ...

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        """Return hints for the author about the result of the recipe."""

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        """Yield one master per recipe, in order. Raises ProviderError."""


@runtime_checkable
class PageBasedProvider(Protocol):
    """Additional property of a provider whose options may follow from the page.

    ``reads_page``: ``complete`` accepts the option ``page`` with ``title``, ``tags`` (a list), ``summary``,
    ``section``, ``author``, ``date``, ``language``, as far as known; options that follow only from them are derived
    from the page.
    """

    reads_page: bool


@runtime_checkable
class LibraryProvider(PageBasedProvider, Protocol):
    """Additional methods of a provider that finds images instead of making them."""

    def needs_own_picture(self, recipe: Recipe) -> bool:
        """Whether each page with this same recipe gets an image of its own."""

    def with_pictures_in_use(self, shown: Mapping[str, tuple[str, ...]]) -> HeroProvider:
        """Return the provider with the images in use: ``sha256:…`` of a master or a library image -> pages.

        The image that a recipe's own ``page`` shows remains available for it.
        """


@runtime_checkable
class PreviewProvider(Protocol):
    """Additional method of a provider that draws at once, to compare images before they are made."""

    def preview(self, recipe: Recipe) -> tuple[str, bytes]:
        """Return the style that the seed selects, and a small PNG. Raises RecipeError."""


@runtime_checkable
class SizedProvider(Protocol):
    """Additional method of a provider that cannot make images of any size."""

    def size(self, width: int | None, height: int | None) -> tuple[int | None, int | None]:
        """Return the px of a hero whose recipe does not set them; None: the site's default. Arguments: the settings.

        The size becomes part of the recipe, also on a machine without the model: it may depend only on the settings.
        """


@runtime_checkable
class ModelProvider(Protocol):
    """Additional method of a provider that can identify its models' files without loading them."""

    def models(self, recipe: Recipe) -> Mapping[str, str]:
        """Return the ``Master.models`` that the recipe would get. Raises ProviderError, MissingExtraError."""


class ReadHints(Protocol):
    """Reads what the sources of a project tell of its pages, without a build."""

    def __call__(self, *, project: Path, keys: Sequence[str], root: Path | None) -> Mapping[str, PageHints]:
        """Return file of the built site -> hints, for every page that a build would write.

        ``project``: the folder that ``PageHints.source`` is relative to. ``keys``: front matter keys that declare
        heroes. ``root``: the built site, if one was named; only needed where its files decide what a page is called.
        Raises SiteError if the sources cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorProject:
    """A project as its generator's configuration file tells it.

    ``name``, ``markdown``: as in ``Site``. ``source``: the folder of the sources. ``output``: the folder that it builds
    into; None: only known from the command line. ``options``: settings of imageseo, None if there are none; ``origin``:
    their place, for messages (``mkdocs.yml: plugins: imageseo``). ``inactive``: why its own builds do not run imageseo;
    "" if they do. ``language``: the tag of the site's main language, "" if it is not configured.
    """

    name: str
    config: Path
    source: Path
    read: ReadHints
    output: Path | None = None
    site_url: str | None = None
    options: Mapping[str, Any] | None = None
    origin: str = ""
    inactive: str = ""
    markdown: str = ""
    language: str = ""


class Integration(Protocol):
    """One site generator, found by its configuration file when a command of imageseo runs outside of a build."""

    files: tuple[str, ...]  # "mkdocs.yml": looked for in the current folder, in this order; may name a subfolder

    def recognises(self, config: Path) -> bool:
        """Whether an existing file is the generator's configuration; files of other names come from ``--config``."""
        ...

    def missing(self, config: Path) -> str:
        """Return the package that must be installed to read the file; "" if nothing is missing."""
        ...

    def load(self, config: Path) -> GeneratorProject:
        """Return the project.

        Raises SettingsError if the file is wrong, MissingExtraError if a package that it needs is not installed here.
        """
        ...


class StoredBlob(NamedTuple):
    """An entry of the store, without its bytes."""

    sha256: str
    bytes: int


class Store(Protocol):
    """Content-addressed store: maps keys to bytes whose hash is checked on every read."""

    def find(self, key: str) -> StoredBlob | None:
        """Return the entry of the key, or None."""
        ...

    def read(self, stored: StoredBlob) -> bytes | None:
        """Return the bytes, verified; None if missing or damaged (damaged ones are removed)."""
        ...

    def intact(self, stored: StoredBlob) -> bool:
        """Whether the bytes exist unchanged, checked without reading them; False if that cannot be determined."""
        ...

    def path(self, sha256: str) -> Path:
        """The file that holds the bytes of that hash, for readers that want a file; nothing is verified."""
        ...

    def put(self, key: str, data: bytes) -> StoredBlob:
        """Store bytes under a key, atomically."""
        ...


class MasterStore(Protocol):
    """Storage of masters: a folder of the project, or a bucket. A *file* is a master's name in the lock file.

    Digests are ``sha256:…``. Messages must not reveal a password, a key or an endpoint.
    """

    where: str  # for messages: "heroes", "s3://bucket/prefix"

    def file(self, name: str) -> str:
        """Return the lock file's entry for a master of this name: ``heroes/x.png`` in a folder, else the bare name."""

    def digest(self, file: str) -> str | None:
        """Return the digest of the stored bytes, None if there are none. Raises LockError if they are unreachable."""

    def read(self, file: str, sha256: str) -> bytes:
        """Return the bytes, verified. Raises LockError if they are missing, different, or unreachable."""

    def put(self, name: str, data: bytes) -> str:
        """Store a master permanently and atomically; return its file. Storing equal bytes again is allowed.

        Raises SiteError if they cannot be written, or were corrupted in transit.
        """

    def discard(self, file: str, sha256: str) -> None:
        """Remove a master that no pin names, unless its bytes differ from the pinned ones. Raises SiteError."""

    def path(self, file: str) -> Path | None:
        """Return the local path of the bytes, fetched first if needed; None if there is no such file.

        Raises LockError if they are unreachable.
        """


class Result(Protocol):
    """The result of a build or a lint run, for a report.

    ``title``: one word (``build``). ``summary``: counts by name, in display order; never a duration.
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
    """A clock in seconds, for reports only; never affects an output."""

    def __call__(self) -> float: ...
