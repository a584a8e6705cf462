"""Size limits of the formats, checked before an image is encoded."""

from __future__ import annotations

from imageseo.model.image import Asset, VariantSpec
from imageseo.model.protocols import Codec


def exceeded_limit(codec: Codec | None, spec: VariantSpec, asset: Asset) -> str | None:
    """Return the limit of a spec's format that the image exceeds; None if it fits."""
    limit = codec.max_side if codec is not None else None
    if limit is None or max(asset.width, asset.height) <= limit:
        return None
    name = "WebP" if spec.format == "webp" else spec.format.upper()
    return f"{name} holds at most {limit:,} px a side" if max(spec.width, spec.height) > limit else None
