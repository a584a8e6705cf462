"""Heroes: request, recipe with its canonical key, master, pin, and the hero of a page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from imageseo.model.image import Rights

ALGORITHMIC_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
TRAINED_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
COMPOSITE_TRAINED_MEDIA = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"

ADOPTED = "adopted"
"""Table in the ``env`` of a pin whose image comes from a file; older versions read it as evidence like any other."""

MAX_SEED = 2**63 - 1
"""The largest integer of TOML."""

Depicts = Literal["illustration", "realistic", "unknown"]
"""Whether a viewer could mistake a generated image for a photograph of something real."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to make a hero: everything that may change its pixels, and nothing else.

    ``options``: the provider's own keys (``prompt``, ``style``, ``colors``, ``card`` …), JSON values only, with
    defaults filled in, so that a later default cannot silently change the image. ``page``: the page that it is made for
    in this run; not part of the key, needed if each page gets an image of its own. ``former_title``: what earlier
    versions wrote on its card, if that differs: the page's title instead of its headline; not part of the key.
    ``language``: the language tag of the page that it is made for, ``""`` if unknown; not part of the key either.
    """

    provider: str
    seed: int
    width: int
    height: int
    options: Mapping[str, Any] = field(default_factory=dict)
    page: str = field(default="", compare=False)
    former_title: str = field(default="", compare=False)
    language: str = field(default="", compare=False)

    @property
    def canonical(self) -> str:
        """Canonical JSON: sorted keys, no whitespace, ASCII."""
        return json.dumps(
            {
                "provider": self.provider,
                "seed": self.seed,
                "width": self.width,
                "height": self.height,
                "options": self.options,
            },
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=True,
            allow_nan=False,
        )

    @property
    def key(self) -> str:
        """``sha256:…`` of the canonical JSON."""
        return "sha256:" + hashlib.sha256(self.canonical.encode()).hexdigest()

    @property
    def request_key(self) -> tuple[str, str]:
        """Identifies the recipe within one run: key and page."""
        return self.key, self.page


@dataclass(frozen=True, slots=True, kw_only=True)
class HeroTerms:
    """On what terms a hero is published.

    ``consent``: reference of the consent of the persons shown. ``risk``: a risk class of the policy. ``since``,
    ``until``: the first and the last day of its usage, ISO dates; ``""``: no limit.
    """

    consent: str | None = None
    risk: str | None = None
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeroRequest:
    """The hero that an author requests for a page: an image file or a recipe, never both; with its texts.

    Neither of them: the author wants no hero on this page (``off``). ``file``: relative to the built site's root.
    ``derived``: keys of the recipe that were taken from the page, not written by the author: ``seed``, ``title``,
    ``query``. ``seeds``: the approved seeds of the recipe's series. ``focal``: the point that crops must contain, as
    fractions of width and height from the upper left corner. ``file_name``: of the published file, without suffix.
    ``evidence``: the origin of the prompt, for the pin's
    ``env``: ``template``, ``preset``, ``series``, ``prompts`` (the library's version), ``words`` (a hash of the parts
    of the prompt that the author wrote: if the pin has the same hash, only text of the page has changed).
    ``written``: keys of the recipe that the author wrote, or that follow from those. ``inserts``: whether a page that
    does not show it gets it; not for the keys of themes, which name images for previews and banners.
    """

    page: str  # Page.key
    file: str | None = None
    recipe: Recipe | None = None
    alt: str | None = None
    caption: str | None = None
    rights: Rights = field(default_factory=Rights)
    derived: frozenset[str] = frozenset()
    seeds: tuple[int, ...] = ()
    depicts: Depicts = "unknown"
    terms: HeroTerms = field(default_factory=HeroTerms)
    focal: tuple[float, float] | None = None
    file_name: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    written: frozenset[str] = frozenset()
    card: Mapping[str, Any] = field(default_factory=dict)  # texts and layout of a title card drawn over the image
    inserts: bool = True
    key: str = "hero"  # in which it was requested, one of the setting `hero.keys`
    origin: str = "front matter"  # where it was requested, for messages: "front matter key `hero`", "heroes.toml: …"

    @property
    def off(self) -> bool:
        return self.file is None and self.recipe is None

    def or_else(self, text: PictureText) -> HeroRequest:
        """Return the request with missing texts filled in from those of its image."""
        return replace(
            self,
            alt=text.alt if self.alt is None else self.alt,
            caption=text.caption if self.caption is None else self.caption,
            depicts=text.depicts if self.depicts == "unknown" else self.depicts,
            focal=text.focal if self.focal is None else self.focal,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureText:
    """Texts of an image, apart from its rights; for a library image those of the library.

    ``focal``: of the master, as in ``HeroRequest``.
    """

    alt: str | None = None
    caption: str | None = None
    depicts: Depicts = "unknown"
    focal: tuple[float, float] | None = None

    @classmethod
    def of(cls, env: Mapping[str, Any]) -> PictureText:
        """Read the texts from a pin's ``env``; invalid values are ignored."""
        alt, caption, depicts, focal = (env.get(key) for key in ("alt", "caption", "depicts", "focal"))
        point = focal if isinstance(focal, list) and len(focal) == 2 else ()
        shares = tuple(float(each) for each in point if type(each) in (int, float) and 0 <= each <= 1)
        return cls(
            alt=alt if isinstance(alt, str) else None,
            caption=caption if isinstance(caption, str) else None,
            depicts="illustration"
            if depicts == "illustration"
            else "realistic"
            if depicts == "realistic"
            else "unknown",
            focal=(shares[0], shares[1]) if len(shares) == 2 else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Master:
    """The result of a provider: a lossless PNG and its properties.

    ``digital_source_type``: IPTC NewsCodes URI; ``""`` for a library image without one. ``notes``: hints for the author
    (``the prompt was ignored: procedural art has none``). ``env``: what was chosen by the machine (device, dtype,
    versions …), JSON values without null; evidence only, not part of a key. ``models``: model files by role (``model``,
    ``lora:paper.safetensors``) -> ``sha256:…``. ``parameters``: the text that A1111 and similar tools write into a PNG.
    ``rights``: of a library image.
    """

    png: bytes
    digital_source_type: str
    notes: tuple[str, ...] = ()
    env: Mapping[str, Any] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    parameters: str | None = None
    rights: Rights = field(default_factory=Rights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One hero of ``imageseo.lock``. Hashes are ``sha256:…``.

    ``file``: relative to the project folder; a bare name if masters are stored in a bucket. ``phash``: 64 bits as 16
    hex digits, ``""`` in lock files of older versions. ``env``, ``models``, ``rights``: from the ``Master``.
    ``checks``: results of quality gates. ``owner``: the person responsible for the image. ``made``: evidence only:
    ``when`` (a date), ``by`` (a person) and ``status`` (``generated``, ``picked``, ``adopted``). ``picked``: the
    recipe's keys that were chosen with the image and not written by the author, who overrides them by writing them.
    ``approved``: ``role``, ``by``, ``at`` and ``image`` of each approval; it is for the image with that hash only.
    """

    page: str
    recipe: Recipe
    recipe_hash: str
    file: str
    file_sha256: str
    pixels_sha256: str
    digital_source_type: str
    width: int
    height: int
    phash: str = ""
    env: Mapping[str, Any] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    rights: Rights = field(default_factory=Rights)
    checks: Mapping[str, Any] = field(default_factory=dict)
    owner: str | None = None
    made: Mapping[str, str] = field(default_factory=dict)
    picked: tuple[str, ...] = ()
    approved: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hero:
    """The hero of one page, resolved to an image of the built site.

    ``path``: the published file, relative to the site's root. ``generated``: whether it was made from a recipe.
    ``inserts``: as in ``HeroRequest``.
    """

    path: str
    alt: str | None
    caption: str | None = None
    rights: Rights = field(default_factory=Rights)
    generated: bool = False
    depicts: Depicts = "unknown"
    focal: tuple[float, float] | None = None
    inserts: bool = True
