"""What style sheets mean for the images of each page, kept from build to build: most edits of a page change no tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from imageseo.layout.image_style import ImageStyle, PageStyles
from imageseo.model.image import ImageRef, PageScan, Span

if TYPE_CHECKING:
    from imageseo.layout.page_styles import SiteStyles
    from imageseo.web.html.bare_page import BarePage


class StyleCache:
    """The style sheets of a built site, and what is known of them since the last build.

    ``read`` returns the bytes of a file of the site, ``None`` if it is missing. ``previous``: of the last build, by
    page, if it had the same ``base_url`` and code. ``pages``: of this build, only those that were asked for.
    """

    def __init__(
        self,
        read: Callable[[str], bytes | None],
        base_url: str | None = None,
        previous: Mapping[str, PageStyles] | None = None,
    ) -> None:
        self.pages: dict[str, PageStyles] = {}
        self._previous = previous or {}
        self._read = read
        self._base_url = base_url

    def of_page(
        self, page: str, html: bytes, scan: PageScan, digest: Callable[[str], str | None]
    ) -> Mapping[Span, ImageStyle]:
        """Return what the sheets mean for the images of a page, by the span of the tag; no entry for nothing.

        ``digest``: of a file of the site. It is asked for each sheet, so that it can record what the page depends on.
        """
        if not scan.refs:
            return {}
        from imageseo.web.html.bare_page import bare_page  # most builds read few pages, or none

        bare = bare_page(html, [ref.span for ref in scan.refs])
        key = _digest(html, scan, bare)
        found = self._previous.get(page)
        if found is None or found.page != key or any(digest(path) != known for path, known in found.sheets.items()):
            sheets = {path: digest(path) for path in self._styles.sheets_of(page, html, scan)}
            styles = self._styles.of_page(page, html, scan, bare)
            images = {number: styles[ref.span] for number, ref in enumerate(scan.refs) if ref.span in styles}
            found = PageStyles(page=key, sheets=sheets, images=images)
        self.pages[page] = found
        return {scan.refs[number].span: style for number, style in found.images.items()}

    def hides(self, page: str, html: bytes, scan: PageScan, name: str, number: int, count: int) -> bool:
        """Whether the sheets hide an element on all screens: the one with this number of ``count`` with a name."""
        return self._styles.hides(page, html, scan, name, number, count)

    def may_size(self, page: str, html: bytes, scan: PageScan, ref: ImageRef) -> bool:
        """Whether the sheets could set the size at which an image is shown."""
        from imageseo.layout.styles.sizing import SIZE

        return self._styles.may_set(SIZE, page, html, scan, ref)

    def may_paint(self, page: str, html: bytes, scan: PageScan, ref: ImageRef) -> bool:
        """Whether the sheets could paint something behind an image, or let it not cover its box."""
        from imageseo.layout.styles.sizing import GROUND

        return self._styles.may_set(GROUND, page, html, scan, ref)

    @cached_property
    def _styles(self) -> SiteStyles:
        from imageseo.layout.page_styles import SiteStyles  # and the libraries for CSS: most builds need none of them

        return SiteStyles(self._read, self._base_url)


def _digest(html: bytes, scan: PageScan, bare: BarePage) -> bytes:
    """Return a digest of what counts for style sheets: the tags, and what the scan found in them."""
    sources = [(each.href, each.media, each.content and html[slice(*each.content)]) for each in scan.styles]
    images = [(ref.src, ref.region.value, ref.opt_out and ref.opt_out.value) for ref in scan.refs]
    hasher = sha256(repr((scan.charset, scan.base_href, sources, bare.spans, images)).encode("utf-8", "replace"))
    hasher.update(bare.html)
    return hasher.digest()
