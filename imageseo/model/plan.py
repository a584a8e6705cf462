"""PageHero, ImagePlan, HeroInsert, PagePlan: what should exist for a page, before anything is encoded or edited."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imageseo.model.hero import Hero
from imageseo.model.image import Asset, ImageRef, PageScan, VariantSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHero:
    """A page's hero and its published file.

    ``pixels``: the file that the encoder reads, and its properties. ``crops``: published beside the hero.
    """

    hero: Hero
    asset: Asset
    pixels: tuple[Path, Asset]
    crops: tuple[Asset, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlan:
    """What should become of one ``<img>`` that stands on the page.

    ``specs``: variants to have, in order of preference by format, then by width; empty: no ``<picture>``.
    ``sizes``: without ``auto``. ``attributes``: to add to the tag, in order; never one that the author wrote.
    ``auto_sizes``: whether ``sizes`` may start with ``auto`` (lazy, and nothing of the author's in the way).
    ``known_width``: ``sizes`` is no guess, for the theme's column is known.
    """

    ref: ImageRef
    asset: Asset
    specs: tuple[VariantSpec, ...]
    sizes: str
    attributes: tuple[tuple[str, str], ...]
    auto_sizes: bool = False
    known_width: bool = False
    hero: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What is said of a picture that a model made. ``caption``: in the figure's caption; ``overlay``: on the picture
    itself; ``language``: of both, where it is not the page's.
    """

    caption: str
    overlay: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeroInsert:
    """A hero that the article does not show yet: a ``<figure>`` to put at byte ``at``.

    ``src``: URL of the published fallback, relative to the page. ``urgent``: it gets ``fetchpriority="high"``, since
    nothing on the page has it from the author. ``label``: what is said of a picture that a model made.
    """

    at: int
    hero: Hero
    asset: Asset
    src: str
    specs: tuple[VariantSpec, ...]
    sizes: str
    urgent: bool = True
    label: Label | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """A file that the page shows, to be written anew at its own URL if that saves enough.

    ``spec``: as what; None: it was written anew by an earlier build, and nobody has the original any more. ``ref``:
    None for a hero that is inserted.
    """

    asset: Asset
    spec: VariantSpec | None
    ref: ImageRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePlan:
    """All that a page is to become. ``insert`` excludes an ``ImagePlan`` with ``hero=True``."""

    scan: PageScan
    images: tuple[ImagePlan, ...] = ()
    insert: HeroInsert | None = None
    fallbacks: tuple[Fallback, ...] = ()

    @property
    def hero_image(self) -> ImagePlan | None:
        return next((image for image in self.images if image.hero), None)

    @property
    def specs(self) -> tuple[VariantSpec, ...]:
        """Every variant the page wants, without repeats, in page order; files to write anew come last."""
        inserted = self.insert.specs if self.insert else ()
        anew = (each.spec for each in self.fallbacks if each.spec is not None)
        return tuple(dict.fromkeys([*inserted, *(spec for image in self.images for spec in image.specs), *anew]))
