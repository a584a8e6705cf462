"""Hero, Recipe and its canonical key, Pin."""

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

MAX_SEED = 2**63 - 1
"""As far as integers of TOML go."""

Depicts = Literal["illustration", "realistic", "unknown"]
"""Whether a viewer could take a generated picture for a photograph of something that was there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a hero is to be made: everything that may change its pixels, and nothing else.

    ``options``: the provider's own keys (``prompt``, ``style``, ``colors``, ``card`` …), JSON values only,
    already complete: defaults filled in, so that a later default cannot silently change the picture.
    ``page``: whom it is made for in this run. No part of the key: it matters where pages get pictures of their own.
    """

    provider: str
    seed: int
    width: int
    height: int
    options: Mapping[str, Any] = field(default_factory=dict)
    page: str = field(default="", compare=False)

    @property
    def canonical(self) -> str:
        """Canonical JSON: sorted keys, no white space, ASCII."""
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
        """What tells it from all else that one run makes."""
        return self.key, self.page


@dataclass(frozen=True, slots=True, kw_only=True)
class HeroRequest:
    """What an author asked for a page: an image file or a recipe, never both; and what is said of it.

    Neither of them: the author wants no hero here (``off``). ``file``: relative to the built site's root.
    ``derived``: what of the recipe nobody wrote, because it came from the page itself: ``seed``, ``title``, ``query``.
    ``seeds``: those approved for the series that the recipe belongs to. ``focal``: what crops must keep, as shares of
    width and height from the upper left corner. ``evidence``: what the prompt came from, for the pin's ``env``:
    ``template``, ``preset``, ``series``, ``prompts`` (the library's version), ``words`` (a hash of all that the author
    wrote of the prompt: where the pin has the same one, nothing but the page's own words changed).
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
    focal: tuple[float, float] | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    origin: str = "front matter"  # where it was asked, for messages: "front matter key `hero`", "heroes.toml: …"

    @property
    def off(self) -> bool:
        return self.file is None and self.recipe is None

    def or_else(self, said: PictureText) -> HeroRequest:
        """The request with what is said of its picture where the author says nothing."""
        return replace(
            self,
            alt=said.alt if self.alt is None else self.alt,
            caption=said.caption if self.caption is None else self.caption,
            depicts=said.depicts if self.depicts == "unknown" else self.depicts,
            focal=said.focal if self.focal is None else self.focal,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureText:
    """What is said of a picture beside its rights; of one that was found by whoever put it on the shelf.

    ``focal``: of the master, as in ``HeroRequest``.
    """

    alt: str | None = None
    caption: str | None = None
    depicts: Depicts = "unknown"
    focal: tuple[float, float] | None = None

    @classmethod
    def of(cls, env: Mapping[str, Any]) -> PictureText:
        """What a pin's evidence says; a value that cannot be one is passed over."""
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
    """What a provider made: a lossless PNG and what is true of it.

    ``digital_source_type``: IPTC NewsCodes URI; ``""`` for a picture that was found and does not say it.
    ``notes``: what the author should know (``the prompt was ignored: procedural art has none``).
    ``env``: what the machine chose (device, dtype, versions …), JSON values without null: evidence, never key.
    ``models``: what made it (``model``, ``lora:paper.safetensors``) -> ``sha256:…`` of its files.
    ``parameters``: the text that A1111 and its kin write into a PNG. ``rights``: of a picture that was found.
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

    ``file``: relative to the project folder; a bare name where masters lie elsewhere. ``phash``: 64 bits as 16 hex
    digits, ``""`` in a lock of before. ``env``, ``models``, ``rights``: as the ``Master`` says. ``checks``: results of
    quality gates. ``owner``: who answers for the picture.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Hero:
    """The hero of one page, resolved to an image of the built site.

    ``path``: the published file, relative to the site's root. ``generated``: made from a recipe.
    """

    path: str
    alt: str | None
    caption: str | None = None
    rights: Rights = field(default_factory=Rights)
    generated: bool = False
    depicts: Depicts = "unknown"
    focal: tuple[float, float] | None = None
