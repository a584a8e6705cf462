"""The images for link previews that a page names already: which of them work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.facts import ResolvedUrl
from imageseo.model.formats import mime_of
from imageseo.model.image import Asset
from imageseo.web import urls
from imageseo.web.social.image import SharedImage

_ACCEPTED = ("jpeg", "png", "gif")
_REFUSED = (".webp", ".avif", ".svg", ".svgz", ".heic", ".jxl", ".bmp", ".tif", ".tiff", ".ico")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedImage:
    """``works``: whether networks show it, as it is or with its absolute ``url``. ``asset``: its file in the site."""

    url: str
    works: bool
    asset: Asset | None = None


def judge(url: str, *, target: Callable[[str], ResolvedUrl], files: SiteFiles, base_url: str) -> NamedImage:
    """Return whether the image at a URL of a tag works, and its file. ``base_url``: of the site."""
    file = target(url)
    if file.path is not None:
        asset = files.asset(file.path) if file.exists else None
        if not isinstance(asset, Asset):
            return NamedImage(url=url, works=False)
        return NamedImage(url=_absolute(url, base_url, asset), works=asset.format in _ACCEPTED, asset=asset)
    scheme = url.partition(":")[0].lower()
    if url.startswith("//"):
        url, scheme = f"https:{url}", "https"
    path = urlsplit(url).path.lower() if scheme in ("http", "https") else ""
    return NamedImage(url=url, works=bool(path.strip("/")) and not path.endswith(_REFUSED))


def shared_image(named: NamedImage, parts: dict[str, str]) -> SharedImage:
    """Describe an image that the page names. ``parts``: what its tags say."""
    asset = named.asset
    if asset is None:
        return SharedImage(url=named.url, size=_said_size(parts), parts=parts)
    return SharedImage.of_file(
        named.url, mime=mime_of(asset.format), size=(asset.width, asset.height), alt=parts.get("alt", "")
    )


def first_that_works(images: Sequence[NamedImage]) -> int | None:
    """Return the position of the image to keep."""
    return next((number for number, each in enumerate(images) if each.works), None)


def _absolute(url: str, base_url: str, asset: Asset) -> str:
    """Return a URL of the site's file that needs no page to be resolved, as it is written where that is so."""
    parts = urlsplit(url)
    exact = parts.scheme in ("http", "https") and "//" not in parts.path
    return url if exact and parts.scheme == urlsplit(base_url).scheme else urls.absolute(base_url, asset.path)


def _said_size(parts: dict[str, str]) -> tuple[int, int] | None:
    width, height = (parts.get(name, "").lower().removesuffix("px").strip() for name in ("width", "height"))
    return (int(width), int(height)) if width.isdecimal() and height.isdecimal() else None
