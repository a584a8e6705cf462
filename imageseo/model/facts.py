"""Target, ImageFact, Pick, LcpImage, Place, Problem: what rules read about a page, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass

from imageseo.model.edit import Edit
from imageseo.model.finding import Severity, Viewport
from imageseo.model.image import Asset, BadAsset, ImageRef, OptOut, SourceTag


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedUrl:
    """One URL that an image's markup names.

    ``url``: as written. ``attribute``: ``src``, ``srcset`` or ``source``. ``path``: the file of the site it leads to;
    ``None`` when it leads elsewhere, and ``elsewhere`` says how (``data``, ``origin``, ``outside``, ``empty``).
    ``exists``: whether that file is there, letter case included. ``near``: a file that may have been meant.
    """

    url: str
    attribute: str
    path: str | None = None
    elsewhere: str | None = None
    exists: bool = False
    near: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFact:
    """One ``<img>`` with where its URLs lead. ``targets``: its ``src`` first when it has one.

    ``file``: what lies behind ``src``; ``None`` when that leads to no file of the site.
    """

    ref: ImageRef
    targets: tuple[ResolvedUrl, ...]
    file: Asset | BadAsset | None

    @property
    def asset(self) -> Asset | None:
        """The readable image file behind ``src``."""
        return self.file if isinstance(self.file, Asset) else None

    @property
    def name(self) -> str:
        """What messages call it: the file's path in the site when it has one, so that pages say the same of it."""
        if self.file is not None:
            return self.file.path
        return shorten(self.ref.src) or "an image without src"


def shorten(url: str, limit: int = 120) -> str:
    """A URL fit for a message: data URLs and endless query strings are cut."""
    if url[:5].lower() == "data:":
        limit = 30
    return url if len(url) <= limit else url[: limit - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenCandidate:
    """The candidate that a browser chooses at a viewport. ``bytes``: of its file. ``slot``: CSS px by ``sizes``."""

    viewport: Viewport
    url: str
    bytes: int
    slot: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LcpImage:
    """A page's LCP image: its candidates, and which of them browsers choose.

    ``ref``: its tag; ``None`` while it is still to be inserted. ``url``: of the fallback, as written.
    ``offers``: its ``<source>`` tags in order, then its own ``srcset``. ``asset``: the fallback's file.
    ``treated``: the candidates are variants of ours. ``picks``: a viewport is left out where the choice is no
    file of the site. ``candidate_bytes``: URL -> bytes of every candidate that is a file of the site.
    """

    ref: ImageRef | None
    url: str
    offers: tuple[SourceTag, ...]
    asset: Asset | None
    treated: bool
    kept: OptOut | None
    picks: tuple[ChosenCandidate, ...]
    candidate_bytes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemLocation:
    """Where a problem lies that is no image's: a byte of the page, or a line of another file of the site.

    ``offset``: into the page's bytes as they are published. ``file``: site path of another file, with 1-based ``line``
    and ``column`` where they are known. ``image``: URL of the picture that it is about.
    """

    offset: int | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a rule found. ``at``: the image's tag; ``place``: where else. Neither: the page as a whole.

    ``severity``: lower than the rule's own, when this one is milder. ``fix``: edits of the page's published bytes that
    mend it and can do no harm; none where only the author can know.
    """

    message: str
    hint: str = ""
    at: ImageRef | None = None
    severity: Severity | None = None
    place: ProblemLocation | None = None
    fix: tuple[Edit, ...] = ()
