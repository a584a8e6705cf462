"""Publish a hero in other shapes: its crops, and the images that its ``<picture>`` shows on other screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

from imageseo.heroes.masters.published_names import PublishedNames
from imageseo.heroes.masters.redrawn import Redrawer, Redrawing
from imageseo.images.encoding.encoder import Encoder
from imageseo.images.metadata.rights import short_rights
from imageseo.model.image import Asset, Rights
from imageseo.model.plan import HeroVersion
from imageseo.model.protocols import Store, StoredBlob
from imageseo.model.redrawing import RedrawProvider
from imageseo.pipeline.incremental import build_state
from imageseo.pipeline.shapes import crop_windows
from imageseo.pipeline.shapes.crops_plan import plan_crops
from imageseo.pipeline.shapes.hero_crops import Cropper, crop_master, png_key
from imageseo.pipeline.shapes.published_hero import PublishedHero

PHONE_RATIO = "4:5"
_PHONE, _DARK = "(max-width: 600px)", "(prefers-color-scheme: dark)"
Size = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapePublisher:
    """Publishes the shapes of heroes.

    ``is_published``: whether the last build published a file at a path, from the inputs with this digest. ``publish``:
    writes a file. ``previous``, ``current``: digest of a file's inputs -> its hash and size, in the last build and in
    this one. ``quality``: of the JPEG files. ``max_pixels``: of a master.
    """

    store: Store
    encoder: Encoder
    redrawer: Redrawer
    names: PublishedNames
    is_published: Callable[[str, str], bool]
    publish: Callable[[str, bytes], None]
    previous: Mapping[str, tuple[str, int]]
    current: dict[str, tuple[str, int]]
    quality: int
    max_pixels: int

    def publish_crops(self, hero: PublishedHero, ratios: Sequence[str]) -> Iterator[Asset]:
        """Publish crops in the hero's folder, and yield them: drawn again if that is possible, else cut."""
        planned = {
            crop.ratio: crop
            for crop in plan_crops(
                self.redrawer,
                hero.master,
                ratios,
                hero=hero.path,
                rights=hero.rights,
                focal=hero.focal,
                quality=self.quality,
                signed_by=() if self.encoder.signer is None else (self.encoder.signer.version,),
            )
        }
        paths = {ratio: crop.path for ratio, crop in planned.items()}
        missing = {
            ratio: crop.crop_id for ratio, crop in planned.items() if not self.is_published(crop.path, crop.crop_id)
        }
        drawings = {
            ratio: partial(self.redrawer.read, crop.redrawing)
            for ratio, crop in planned.items()
            if crop.redrawing is not None
        }
        crops = (
            self._cropper().make_crops(
                hero.master.read, hero.jpeg, missing, rights=hero.rights, focal=hero.focal, drawings=drawings
            )
            if missing
            else ()
        )
        for crop in crops:
            self._write(paths, crop.ratio, crop.crop_id, crop.data)
        for ratio, each in planned.items():
            digest, count = self.current[each.crop_id]
            yield _asset(paths[ratio], digest, count, each.size, hero.rights)

    def publish_versions(self, hero: PublishedHero, *, phone: bool) -> Iterator[HeroVersion]:
        """Publish and yield the images that replace the hero for a media query, the most specific first.

        A recipe with a dark version is drawn for dark color schemes. ``phone``: a tall image for narrow screens too.
        """
        tall = crop_windows.redrawn_size(hero.size, PHONE_RATIO)
        dark = self.redrawer.find(hero.master, hero.size, dark=True)
        if phone and dark is not None:
            found = self.redrawer.find(hero.master, tall, dark=True, phone=True)
            if found is not None:
                yield self._version(hero, "phone-dark", f"{_PHONE} and {_DARK}", tall, found)
        if phone:
            yield from self._phone_version(hero, tall)
        if dark is not None:
            yield self._version(hero, "dark", _DARK, hero.size, dark)

    def _phone_version(self, hero: PublishedHero, tall: Size) -> Iterator[HeroVersion]:
        found = self.redrawer.find(hero.master, tall, phone=True)
        if found is not None:
            yield self._version(hero, "phone", _PHONE, tall, found)
        elif self._may_be_cut(hero):
            size = crop_windows.crop_window(hero.size, PHONE_RATIO, (0.5, 0.5)).size
            yield self._version(hero, "phone", _PHONE, size, None)

    def _may_be_cut(self, hero: PublishedHero) -> bool:
        """Whether a part of the image can be shown instead of it: it has no text, and it is not tall already."""
        recipe = hero.master.recipe
        if recipe is None or recipe.options.get("card") or hero.size[0] * 5 <= hero.size[1] * 4:
            return False
        return not isinstance(self.redrawer.providers.get(recipe.provider), RedrawProvider)

    def _version(self, hero: PublishedHero, name: str, media: str, size: Size, found: Redrawing | None) -> HeroVersion:
        png = self.redrawer.draw(found) if found is not None else self._cut(hero)
        digest = png.sha256.removeprefix("sha256:")
        paths = {name: crop_windows.crop_path(hero.path, name)}
        version_id = build_state.digest(digest, self.quality, hero.rights, name)
        if not self.is_published(paths[name], version_id):
            data = self.redrawer.read(found) if found is not None else self.store.read(png) or b""
            jpeg = self.encoder.publish(data, quality=self.quality, rights=hero.rights)
            self._write(paths, name, version_id, jpeg)
        asset = _asset(paths[name], digest, self.current[version_id][1], size, hero.rights)
        pixels = replace(asset, format="png", rights=short_rights(hero.rights))
        return HeroVersion(media=media, asset=asset, pixels=(self.store.path(digest), pixels))

    def _cut(self, hero: PublishedHero) -> StoredBlob:
        """Return the PNG of the tall crop in the store."""
        key = png_key(hero.jpeg, PHONE_RATIO, hero.focal)
        stored = self.store.find(key)
        if stored is None or not self.store.intact(stored):
            (png,) = crop_master(hero.master.read(), [PHONE_RATIO], focal=hero.focal, max_pixels=self.max_pixels)
            stored = self.store.put(key, png)
        return stored

    def _write(self, paths: dict[str, str], name: str, file_id: str, data: bytes) -> None:
        self.current[file_id] = (sha256(data).hexdigest(), len(data))
        paths[name] = self.names.claim(paths[name], file_id)
        self.publish(paths[name], data)

    def _cropper(self) -> Cropper:
        return Cropper(
            store=self.store,
            encoder=self.encoder,
            previous_files=self.previous,
            quality=self.quality,
            max_pixels=self.max_pixels,
        )


def _asset(path: str, digest: str, size: int, px: Size, rights: Rights) -> Asset:
    width, height = px
    return Asset(path=path, sha256=digest, bytes=size, format="jpeg", width=width, height=height, rights=rights)
