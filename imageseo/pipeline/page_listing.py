"""What search engines may list of a planned page, for its JSON-LD and the sitemap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.image import BadAsset
from imageseo.web.indexing import ListingRules

if TYPE_CHECKING:
    from imageseo.pipeline.planner import PlannedPage


@dataclass(frozen=True, slots=True, kw_only=True)
class PageListing:
    """``unlisted``: the page may not be listed. ``may_list``: whether an image of it may, by its site path.

    ``hides_images``: none may. ``expiry``: time of ``unavailable_after`` in seconds since the epoch, and whether it is
    past; None: never.
    """

    unlisted: bool
    may_list: Callable[[str], bool]
    hides_images: bool = False
    expiry: tuple[float, bool] | None = None

    @classmethod
    def of(cls, planned: PlannedPage, rules: ListingRules) -> PageListing:
        """Apply the rules of the site to a page."""
        page, scan, files = planned.page, planned.plan.scan, planned.files
        unlisted = rules.page_obstacle(page, scan, files.exists) is not None
        hidden = unlisted or rules.hides_images(page, scan)
        expires = rules.expiry(page, scan)
        return cls(
            unlisted=unlisted,
            hides_images=hidden,
            may_list=lambda path: not hidden and rules.allows_image(path) and not is_no_image(files, path),
            expiry=None if expires is None else (expires, expires < rules.now),
        )


def is_no_image(files: SiteFiles, path: str) -> bool:
    """Whether a file is certainly no image, such as a Git LFS pointer; formats that few browsers show are images."""
    found = files.asset(path)
    return isinstance(found, BadAsset) and not found.is_image
