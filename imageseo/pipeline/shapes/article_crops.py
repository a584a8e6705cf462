"""Crops for the article that a page's JSON-LD describes: search engines ask for its image in three ratios."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError
from imageseo.model.image import Asset, Rights
from imageseo.pipeline.incremental.build_state import digest
from imageseo.pipeline.shapes.crop_windows import crop_path, crop_window, largest_size
from imageseo.web import urls
from imageseo.web.html.hydration import hydrating_framework
from imageseo.web.structured_data import node_edits
from imageseo.web.structured_data.theme_links import takes_crops

if TYPE_CHECKING:
    from imageseo.pipeline.context import BuildContext
    from imageseo.pipeline.planner import PlannedPage

RATIOS = ("1:1", "4:3", "16:9")
MIN_WIDTH = 1200
"""px. Of a narrower hero no crop would be large enough for a large preview; crops are never enlarged."""
_MAX_SOURCE = 512 * 2**20
_BLOCK = re.compile(rb"<script\b([^>]*\bld\+json\b[^>]*)>(.*?)</script", re.IGNORECASE | re.DOTALL)
_MARKER = re.compile(rb'data-imageseo="(\d[^"]*)"')


def ratios_of(size: tuple[int, int]) -> list[str]:
    """Return the ratios that an image is cropped to; none if it is too small. Its own ratio needs no crop."""
    if size[0] < MIN_WIDTH:
        return []
    return [ratio for ratio in RATIOS if not _is_about(size, largest_size(size, ratio))]


def ratios_for_article(html: bytes, page_url: str, size: tuple[int, int], folder_url: str) -> list[str]:
    """Return the ratios of a hero with a recipe, before its page is planned. ``folder_url``: of published heroes."""
    blocks = []
    for tag, content in _BLOCK.findall(html):
        text = content.decode("latin-1")
        if marker := _MARKER.search(tag):  # of an earlier build
            for start, end in reversed([*node_edits.added(text, marker[1].decode("latin-1"))]):
                text = text[:start] + text[end:]
        if b"data-imageseo" not in tag or marker:
            blocks.append(text)
    is_wanted = takes_crops(
        blocks, page_url, lambda url: url.startswith(folder_url), editable=hydrating_framework(html) is None
    )
    return ratios_of(size) if is_wanted else []


def article_crops(
    context: BuildContext, planned: PlannedPage, html: bytes, may_list: Callable[[str], bool]
) -> tuple[Asset, ...]:
    """Publish and return the crops of a planned page's hero that is a file of the site, if its article takes them.

    ``may_list``: whether an image may be listed, by its site path.
    """
    plan, settings, base_url = planned.plan, context.settings, context.site.base_url
    shown = plan.insert or plan.hero_image
    if settings.hero.crops is not None or not settings.json_ld or base_url is None or shown is None:
        return ()
    asset, hero = shown.asset, planned.hero
    if not plan.scan.json_ld or not asset.encodable or (hero is not None and hero.hero.generated):
        return ()
    ratios = ratios_of((asset.width, asset.height))
    blocks = [html[start:end].decode(plan.scan.charset, "replace") for start, end in plan.scan.json_ld]
    url = urls.absolute(base_url, asset.path)
    if not ratios or not takes_crops(
        blocks,
        urls.absolute(base_url, planned.page.url),
        lambda each: each == url,
        editable=hydrating_framework(html) is None,
    ):
        return ()
    if not may_list(asset.path):
        return ()
    rights = (hero.hero.rights if hero is not None else asset.rights).or_else(Rights.of(settings.rights))
    try:
        return _publish(context, asset, ratios, rights, hero.hero.focal if hero is not None else None)
    except (OSError, ImageseoError):  # a damaged file has a finding of its own
        return ()


def _publish(
    context: BuildContext, asset: Asset, ratios: Sequence[str], rights: Rights, focal: tuple[float, float] | None
) -> tuple[Asset, ...]:
    from imageseo.pipeline.shapes.hero_crops import Cropper  # few pages have articles

    settings, heroes = context.settings, context.heroes
    quality = settings.quality.jpeg
    inputs = digest(asset.sha256, quality, rights)
    ids = {ratio: digest(inputs, ratio, focal) for ratio in ratios}
    cropper = Cropper(
        store=context.store,
        encoder=context.encoder,
        previous_files=heroes.previous_files,
        quality=quality,
        max_pixels=settings.encode.max_pixels,
    )

    def read() -> bytes:
        return regular_file.read(context.originals.file(asset), limit=_MAX_SOURCE)

    made = cropper.make_crops(read, inputs.encode(), ids, rights=rights, focal=focal, drawings={})
    return tuple(_write(context, asset, crop.ratio, crop.crop_id, crop.data, rights) for crop in made)


def _write(context: BuildContext, asset: Asset, ratio: str, crop_id: str, data: bytes, rights: Rights) -> Asset:
    stem, suffix = posixpath.splitext(crop_path(posixpath.basename(asset.path), ratio))
    # The hash makes the name of one picture's crop the same on all pages, whatever other pages are built with it.
    path = f"{context.settings.hero.publish}/{stem}-{crop_id[:8]}{suffix}"
    context.output.write(path, data)
    context.files.add(path, len(data))
    context.heroes.current_files[crop_id] = file = (sha256(data).hexdigest(), len(data))
    width, height = crop_window((asset.width, asset.height), ratio, (0.5, 0.5)).size
    return Asset(path=path, sha256=file[0], bytes=file[1], format="jpeg", width=width, height=height, rights=rights)


def _is_about(size: tuple[int, int], part: tuple[int, int]) -> bool:
    """Whether a part is nearly the whole image."""
    return part[0] >= size[0] * 0.98 and part[1] >= size[1] * 0.98
