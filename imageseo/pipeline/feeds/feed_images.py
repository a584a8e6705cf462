"""The image files that feeds name: those of the site, and a JPEG for each hero that few mail programs show."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from hashlib import sha256

from imageseo.images.encoding.encoder import Encoder
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.errors import ImageseoError
from imageseo.model.image import Asset
from imageseo.pipeline.incremental.feed_record import HeroFile
from imageseo.storage.output import OutputFolder
from imageseo.web import media_types, urls
from imageseo.web.feeds.entry import FeedImage

READABLE = ("jpeg", "png", "gif")


@dataclass(slots=True)
class FeedImages:
    """Makes the images of feeds. ``folder``: site path of those that are made for feeds; ``quality``: of their JPEG.

    ``published``: site paths of those of this build.
    """

    output: OutputFolder
    files: SiteFiles
    encoder: Encoder
    base_url: str
    folder: str
    quality: int
    published: set[str] = field(default_factory=set)
    _made: dict[str, FeedImage | None] = field(default_factory=dict)

    def size(self, path: str) -> int | None:
        """Return the bytes of a file of the site; None if it does not exist."""
        try:
            return self.output.locate(path).stat().st_size
        except (OSError, ImageseoError):
            return None

    def of_hero(self, hero: HeroFile) -> FeedImage | None:
        """Return a page's hero; one in another format than JPEG, PNG or GIF as a new JPEG. None if there is none."""
        if hero.format in READABLE:
            return self._image(hero.path, hero.format, hero.width, hero.height)
        return self._readable(hero.path)

    def readable(self, path: str) -> FeedImage | None:
        """Return the JPEG that is made of an image in a format that few mail programs show; None for others."""
        asset = self.files.asset(path) if self.files.exists(path) else None
        if not isinstance(asset, Asset) or asset.format in READABLE or not asset.encodable:
            return None
        return self._readable(path)

    def _readable(self, path: str) -> FeedImage | None:
        if path not in self._made:
            self._made[path] = self._publish(path)
        return self._made[path]

    def of_file(self, path: str) -> FeedImage | None:
        """Return an image of the site; None if it does not exist, or is none."""
        if not urls.is_image_url(path) or not self.files.exists(path):
            return None
        asset = self.files.asset(path)
        return self._image(path, asset.format, asset.width, asset.height) if isinstance(asset, Asset) else None

    def _publish(self, source: str) -> FeedImage | None:
        asset = self.files.asset(source)
        if not isinstance(asset, Asset) or not asset.encodable:
            return None  # an animation, a drawing
        try:
            rights = replace(asset.rights, prompt=None)
            jpeg = self.encoder.publish(self.output.read(source), quality=self.quality, rights=rights)
            stem = posixpath.splitext(posixpath.basename(source))[0]
            path = f"{self.folder}/{stem}.{sha256(jpeg).hexdigest()[:8]}.jpg"
            self.output.write(path, jpeg)
        except (OSError, ImageseoError):  # a damaged image has a finding of its own
            return None
        self.files.add(path, len(jpeg))
        self.published.add(path)
        return self._image(path, "jpeg", asset.width, asset.height)

    def _image(self, path: str, form: str, width: int, height: int) -> FeedImage | None:
        size = self.size(path)
        if size is None:
            return None
        mime = media_types.of_image(form)
        return FeedImage(url=urls.absolute(self.base_url, path), mime=mime, bytes=size, width=width, height=height)
