"""Size limits of the formats, checked before an image is encoded."""

from __future__ import annotations

from imageseo.images.encoding.profiles import EncodingPolicy
from imageseo.images.encoding.tuner import anchor_sizes
from imageseo.model.image import Asset, VariantSpec
from imageseo.model.protocols import Codec


def exceeded_limit(codec: Codec | None, spec: VariantSpec, asset: Asset, policy: EncodingPolicy) -> str | None:
    """Return the limit of a spec's format that the image, or a trial image of its search, exceeds; None if it fits."""
    limit = codec.max_side if codec is not None else None
    if limit is None or max(asset.width, asset.height) <= limit:
        return None
    sizes = [(spec.width, spec.height), *anchor_sizes(asset, [spec], policy)]
    name = "WebP" if spec.format == "webp" else spec.format.upper()
    return f"{name} holds at most {limit:,} px a side" if max(map(max, sizes)) > limit else None
