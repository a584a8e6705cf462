"""Make crops of a master that contain its subject."""

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
from imageseo.pipeline.shapes.crop_windows import CropWindow, crop_window, largest_size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

POLICY = "crops 1: largest window, 1200 px; subject at 256 px"

_ANALYSIS_SIDE = 256  # px of the shorter side: enough for the shape of a subject, without its fine texture
_RIM = 0.2  # fraction of a window at each of its ends
_EDGE_PENALTY = 0.1  # fraction of its score that a window at the image's edge loses
_TIE = 0.02  # fraction of the range of all scores: windows that differ by less are equal, and the middle one is used

Focal = tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A crop's file. ``crop_id``: digest of its inputs, its key in the build state."""

    ratio: str
    crop_id: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cropper:
    """Makes the crops of heroes that the store does not have yet.

    ``previous_files``: id of a crop -> hash and size of its file, from the last build. ``quality``: of the hero's JPEG.
    """

    store: Store
    encoder: Encoder
    previous_files: Mapping[str, tuple[str, int]]
    quality: int
    max_pixels: int

    def make_crops(
        self,
        read: Callable[[], bytes],
        published: bytes,
        crop_ids: Mapping[str, str],
        *,
        rights: Rights,
        focal: Focal,
        drawings: Mapping[str, Callable[[], bytes]],
    ) -> Sequence[Crop]:
        """Return a hero's crops. ``crop_ids``: ratio -> id of the crop. ``drawings``: ratio -> returns the PNG of one
        that is not cut from the master, but drawn.

        ``read``: returns the master's bytes. ``published``: the hero's JPEG, which depends on the same inputs as its
        crops, except for ratio and focal point. Raises ImageseoError for a master that is missing or unreadable.
        """

        def key(ratio: str) -> str:
            return crop_ids[ratio] if ratio in drawings else _key(published, ratio, focal)

        crops = {ratio: self._find(crop_ids[ratio], partial(key, ratio)) for ratio in crop_ids}
        cut = [ratio for ratio, data in crops.items() if data is None and ratio not in drawings]
        drawn = [ratio for ratio, data in crops.items() if data is None and ratio in drawings]
        images = crop_master(read(), cut, focal=focal, max_pixels=self.max_pixels) if cut else ()
        for ratio, png in (*zip(cut, images, strict=True), *((ratio, drawings[ratio]()) for ratio in drawn)):
            crops[ratio] = data = self.encoder.publish(png, quality=self.quality, rights=rights)
            self.store.put(key(ratio), data)
        return [Crop(ratio=ratio, crop_id=crop_ids[ratio], data=data) for ratio, data in crops.items() if data]

    def _find(self, crop_id: str, key: Callable[[], str]) -> bytes | None:
        previous = self.previous_files.get(crop_id)
        stored = StoredBlob(sha256=previous[0], bytes=previous[1]) if previous is not None else self.store.find(key())
        return self.store.read(stored) if stored is not None else None


@lru_cache
def version() -> str:
    """Return the policy and the versions of every library that affects a crop's position and pixels."""
    from importlib import metadata

    from imageseo.images.resizers import pillow as pixels

    return f"{POLICY}; smartcrop {metadata.version('smartcrop')}; {pixels.version()}"


def png_key(published: bytes, ratio: str, focal: Focal) -> str:
    """Return the store's key of a crop without losses."""
    return hashlib.sha256(f"png {_key(published, ratio, focal)}".encode()).hexdigest()


def _key(published: bytes, ratio: str, focal: Focal) -> str:
    """Return the store's key of a crop."""
    parts = (version(), hashlib.sha256(published).hexdigest(), ratio, repr(focal))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def crop_master(master: bytes, ratios: Iterable[str], *, focal: Focal, max_pixels: int) -> Iterator[bytes]:
    """Yield a master's crops as PNG files, one per ratio (``"4:3"``): upright, sRGB, scaled to ``size`` of the window.

    ``focal``: the focal point as fractions of width and height; None: the detected subject.
    Raises ProviderError for a master that is not a still raster image.
    """
    image = _decode_master(master, max_pixels)
    for ratio in ratios:
        window = crop_window(image.size, ratio, focal if focal is not None else find_subject(image, ratio))
        yield _render_png(image, window)


def _decode_master(master: bytes, max_pixels: int) -> Image:
    from imageseo.images.resizers import pillow as pixels

    asset = probe_bytes(master, "the hero's master", max_pixels=max_pixels)
    hint = "regenerate it with `imageseo generate`"
    if isinstance(asset, BadAsset) or not asset.encodable:
        problem = asset.problem if isinstance(asset, BadAsset) else "the hero's master is not a still raster image"
        raise ProviderError(problem, hint=hint)
    try:
        size = (asset.width, asset.height)
        return pixels.render(master, asset.format, asset.orientation, [size])[size]
    except Exception as error:  # a damaged file can make a decoder raise any exception
        raise ProviderError(f"the hero's master cannot be decoded: {error}", hint=hint) from error


def _render_png(image: Image, window: CropWindow) -> bytes:
    from PIL import Image as Images
    from PIL import PngImagePlugin  # noqa: F401 - registers the format

    if image.mode == "RGBA":  # premultiplied alpha: transparent pixels must not affect the scaled colors
        image = image.convert("RGBa")
    scaled = image.resize(window.size, Images.Resampling.LANCZOS, window.box, reducing_gap=3.0)
    out = io.BytesIO()
    (scaled.convert("RGBA") if scaled.mode == "RGBa" else scaled).save(out, "PNG", compress_level=1)
    return out.getvalue()


def find_subject(image: Image, ratio: str) -> tuple[float, float]:
    """Return the centre of the window with the most salient content that is not cut off at the rim."""
    if largest_size(image.size, ratio) == image.size:
        return 0.5, 0.5
    import numpy as np

    small = _downscale(image)
    window_size = largest_size(small.size, ratio)
    horizontal = window_size[1] == small.height  # a window moves along one axis only
    line = _saliency(small).sum(axis=0 if horizontal else 1)
    length = window_size[0] if horizontal else window_size[1]
    # Content at the rim counts less: it is nearly cut off.
    rim = np.minimum(1.0, np.minimum(np.arange(length) + 1, length - np.arange(length)) / max(1.0, length * _RIM))
    scores = np.correlate(line, rim, mode="valid")
    # Subjects are usually near the middle: content far from it must be more salient to be chosen.
    scores *= 1 - _EDGE_PENALTY * np.abs(np.linspace(-1, 1, len(scores))) ** 2
    best = int(scores.argmax())
    limit = scores[best] - _TIE * (scores.max() - scores.min())
    first = last = best
    while first > 0 and scores[first - 1] >= limit:
        first -= 1
    while last + 1 < len(scores) and scores[last + 1] >= limit:
        last += 1
    # Of equal windows the one nearest to the image's centre: an image without a subject is cropped at its centre.
    centre = (min(max((len(scores) - 1) / 2, first), last) + length / 2) / len(line)
    return (centre, 0.5) if horizontal else (0.5, centre)


def _saliency(image: Image) -> NDArray[np.float64]:
    """Return the saliency of each pixel; the sum is 1. Half is from smartcrop's features (edges, strong colors, skin),
    half from the difference of a pixel's color to its surroundings: a moon in a plain sky has few edges.
    """
    import numpy as np
    from smartcrop import SmartCrop  # type: ignore[import-untyped]

    search = SmartCrop()
    features = search.precompute_features(search.prepare_features_image(image)).astype(np.float64)
    contrast = ((_blurred_lab(image, 2) - _blurred_lab(image, min(image.size) / 5)) ** 2).sum(axis=2)
    maps = [each / each.sum() for each in (np.maximum(features, 0), contrast) if each.sum() > 0]
    total: NDArray[np.float64] = sum(maps, np.zeros(features.shape))
    return total / max(1, len(maps))


def _blurred_lab(image: Image, blur: float) -> NDArray[np.float64]:
    """Return CIE L*a*b* of a blurred image."""
    import numpy as np
    from PIL import ImageFilter

    lab = np.asarray(image.filter(ImageFilter.GaussianBlur(blur)).convert("LAB"), dtype=np.uint8)
    # Pillow keeps a and b as signed bytes.
    return np.concatenate([lab[..., :1] * (100 / 255), lab[..., 1:].view(np.int8)], axis=2, dtype=np.float64)


def _downscale(image: Image) -> Image:
    from PIL import Image as Images

    if image.mode == "RGBA":
        image = Images.alpha_composite(Images.new("RGBA", image.size, "white"), image)
    factor = min(1.0, _ANALYSIS_SIDE / min(image.size))
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.convert("RGB").resize(size, Images.Resampling.LANCZOS, reducing_gap=3.0)
