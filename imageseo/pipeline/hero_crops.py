"""Crops of a master that keep its subject: where it is, and the pixels around it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.encoding.encoder import Encoder
from imageseo.model.errors import ProviderError
from imageseo.model.image import BadAsset, Rights
from imageseo.model.protocols import Store, StoredBlob
from imageseo.pipeline.crop_windows import Window, largest, window
from imageseo.pipeline.incremental.build_state import digest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

POLICY = "crops 1: largest window, 1200 px; subject at 256 px"

_LOOKED_AT = 256  # px of the shorter side: features of a subject, not of its skin
_RIM = 0.2  # share of a window at each of its ends
_MIDDLE = 0.1  # share of the score that a window at the picture's edge loses
_ALIKE = 0.02  # share of all scores' range: what differs by less is one place, and its middle is taken

Focal = tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A crop's file. ``follows``: what tells it from all others, in the memo."""

    ratio: str
    follows: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cropper:
    """Makes the crops of heroes, those alone that the store does not have.

    ``known``: what a crop follows from -> hash and size of its file, from the last build. ``quality``: of the
    hero's own JPEG.
    """

    store: Store
    encoder: Encoder
    known: Mapping[str, tuple[str, int]]
    quality: int
    max_pixels: int

    def follows(self, master: str, ratio: str, rights: Rights, focal: Focal) -> str:
        """What tells a crop from all others. ``master``: digest."""
        return digest(master, self.quality, rights, ratio, focal)

    def of(
        self,
        read: Callable[[], bytes],
        published: bytes,
        wanted: Mapping[str, str],
        *,
        rights: Rights,
        focal: Focal,
    ) -> Sequence[Crop]:
        """A hero's crops. ``wanted``: ratio -> what the crop follows from.

        ``read``: the master's bytes; ``published``: the hero's own JPEG, which follows from all but the place of a
        crop. Raises ImageseoError for a master that cannot be had or read.
        """
        keys = {ratio: partial(_key, published, ratio, focal) for ratio in wanted}
        found = {ratio: self._found(wanted[ratio], keys[ratio]) for ratio in wanted}
        missing = [ratio for ratio, data in found.items() if data is None]
        cuts = crop_master(read(), missing, focal=focal, max_pixels=self.max_pixels) if missing else ()
        for ratio, png in zip(missing, cuts, strict=True):
            found[ratio] = data = self.encoder.publish(png, quality=self.quality, rights=rights)
            self.store.put(keys[ratio](), data)
        return [Crop(ratio=ratio, follows=wanted[ratio], data=data) for ratio, data in found.items() if data]

    def _found(self, follows: str, key: Callable[[], str]) -> bytes | None:
        known = self.known.get(follows)
        stored = StoredBlob(sha256=known[0], bytes=known[1]) if known is not None else self.store.find(key())
        return self.store.read(stored) if stored is not None else None


@lru_cache
def version() -> str:
    """The policy and every library that has a say in where a crop lies and in its pixels."""
    from importlib import metadata

    from imageseo.images.resizers import pillow as pixels

    return f"{POLICY}; smartcrop {metadata.version('smartcrop')}; {pixels.version()}"


def _key(published: bytes, ratio: str, focal: Focal) -> str:
    """The store's key of a crop."""
    parts = (version(), hashlib.sha256(published).hexdigest(), ratio, repr(focal))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def crop_master(master: bytes, ratios: Iterable[str], *, focal: Focal, max_pixels: int) -> Iterator[bytes]:
    """A master's crops as PNG files, one a ratio (``"4:3"``): upright, sRGB, of the ``size`` of their windows.

    ``focal``: what must be kept, as shares of width and height; None: where the picture has most to show.
    Raises ProviderError for a master that is no picture.
    """
    image = _whole(master, max_pixels)
    for ratio in ratios:
        place = window(image.size, ratio, focal if focal is not None else _subject(image, ratio))
        yield _png(image, place)


def _whole(master: bytes, max_pixels: int) -> Image:
    from imageseo.images.resizers import pillow as pixels

    asset = probe_bytes(master, "the hero's master", max_pixels=max_pixels)
    hint = "Make it again with `imageseo generate`."
    if isinstance(asset, BadAsset) or not asset.encodable:
        problem = asset.problem if isinstance(asset, BadAsset) else "the hero's master is not a still raster image"
        raise ProviderError(problem, hint=hint)
    try:
        size = (asset.width, asset.height)
        return pixels.render(master, asset.format, asset.orientation, [size])[size]
    except Exception as error:  # a damaged file makes a decoder raise anything at all
        raise ProviderError(f"the hero's master cannot be decoded: {error}", hint=hint) from error


def _png(image: Image, place: Window) -> bytes:
    from PIL import Image as Images
    from PIL import PngImagePlugin  # noqa: F401 - registers the format

    if image.mode == "RGBA":  # what is transparent has no say in a shrink
        image = image.convert("RGBa")
    done = image.resize(place.size, Images.Resampling.LANCZOS, place.box, reducing_gap=3.0)
    out = io.BytesIO()
    (done.convert("RGBA") if done.mode == "RGBa" else done).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _subject(image: Image, ratio: str) -> tuple[float, float]:
    """The middle of the window of a ratio that shows most: edges, strong colours, skin, and nothing cut at its rim."""
    whole = largest(image.size, ratio)
    if whole == image.size:
        return 0.5, 0.5
    import numpy as np

    small = _small(image)
    part = largest(small.size, ratio)
    shown = _striking(small)
    across = part[1] == small.height  # a window moves one way only: its places stand in a row
    line = shown.sum(axis=0 if across else 1)
    length = part[0] if across else part[1]
    # What lies at the rim is half lost: it is as good as cut.
    rim = np.minimum(1.0, np.minimum(np.arange(length) + 1, length - np.arange(length)) / max(1.0, length * _RIM))
    scores = np.correlate(line, rim, mode="valid")
    # Photographers put subjects near the middle: what lies far from it must be worth it.
    scores *= 1 - _MIDDLE * np.abs(np.linspace(-1, 1, len(scores))) ** 2
    best = int(scores.argmax())
    limit = scores[best] - _ALIKE * (scores.max() - scores.min())
    first = last = best
    while first > 0 and scores[first - 1] >= limit:
        first -= 1
    while last + 1 < len(scores) and scores[last + 1] >= limit:
        last += 1
    # Of places that are alike the nearest to the picture's own middle: what has no subject is cut in its middle.
    centre = (min(max((len(scores) - 1) / 2, first), last) + length / 2) / len(line)
    return (centre, 0.5) if across else (0.5, centre)


def _striking(image: Image) -> NDArray[np.float64]:
    """How much each pixel draws the eye, all of them 1 together: half by smartcrop's features (edges, strong colours,
    skin), half by how far its colour lies from its surroundings': a moon in a plain sky has few edges.
    """
    import numpy as np
    from smartcrop import SmartCrop  # type: ignore[import-untyped]

    search = SmartCrop()
    features = search.precompute_features(search.prepare_features_image(image)).astype(np.float64)
    apart = ((_colours(image, 2) - _colours(image, min(image.size) / 5)) ** 2).sum(axis=2)
    maps = [each / each.sum() for each in (np.maximum(features, 0), apart) if each.sum() > 0]
    whole: NDArray[np.float64] = sum(maps, np.zeros(features.shape))
    return whole / max(1, len(maps))


def _colours(image: Image, blur: float) -> NDArray[np.float64]:
    """CIE L*a*b* of a blurred picture."""
    import numpy as np
    from PIL import ImageFilter

    lab = np.asarray(image.filter(ImageFilter.GaussianBlur(blur)).convert("LAB"), dtype=np.uint8)
    # Pillow keeps a and b as signed bytes.
    return np.concatenate([lab[..., :1] * (100 / 255), lab[..., 1:].view(np.int8)], axis=2, dtype=np.float64)


def _small(image: Image) -> Image:
    from PIL import Image as Images

    if image.mode == "RGBA":
        image = Images.alpha_composite(Images.new("RGBA", image.size, "white"), image)
    factor = min(1.0, _LOOKED_AT / min(image.size))
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.convert("RGB").resize(size, Images.Resampling.LANCZOS, reducing_gap=3.0)
