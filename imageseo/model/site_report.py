"""SiteReport: what imageseo did to the pictures of a site, as its reports show it and as JSON."""

from __future__ import annotations

from msgspec import Struct, field

VERSION = 1
"""Version of the schema: raised when a key changes its meaning or is removed; keys may be added at any time."""


class ByteChange(Struct, frozen=True, kw_only=True):
    """Bytes that a browser downloads without and with imageseo."""

    before: int = 0
    after: int = 0


class PictureDownload(Struct, frozen=True, kw_only=True):
    """What one viewport downloads for a picture. ``before``, ``after``: bytes without and with imageseo.

    ``file``: site path of the file that it downloads now. ``width``: of that file in px. ``quality``: the encoder's own
    number, ``score``: the SSIMULACRA 2 score that the file reached; both None where they are not known.
    """

    before: int
    after: int
    file: str
    format: str
    width: int | None = None
    quality: int | None = None
    score: float | None = None


class PictureUse(Struct, frozen=True, kw_only=True):
    """One way in which pages show a picture: the pages, the form of the markup, and the downloads.

    ``form``: ``picture``, ``img`` (a srcset on the ``<img>``), ``attributes`` or ``none``. ``reason``: why it is not
    ``picture``, a clause; empty if it is, or if the reason is not known. ``hero``: the picture is the hero there.
    """

    pages: list[str]
    form: str
    reason: str
    hero: bool
    alt: str | None
    phone: PictureDownload
    desktop: PictureDownload


class ReportedPicture(Struct, frozen=True, kw_only=True):
    """A picture: the file that ``<img src>`` names, by its site path, and its uses.

    ``sha256``: of that file, or of the hero's JPEG. ``thumbnail``: site path of the smallest file that shows it.
    ``phone``, ``desktop``: the most that a page downloads for it.
    """

    source: str
    sha256: str
    format: str
    width: int
    height: int
    bytes: int
    thumbnail: str
    phone: ByteChange
    desktop: ByteChange
    uses: list[PictureUse]

    @property
    def pages(self) -> list[str]:
        return sorted({page for use in self.uses for page in use.pages})

    @property
    def hero(self) -> bool:
        return any(use.hero for use in self.uses)


class DownloadRow(Struct, frozen=True, kw_only=True):
    """A picture of which a build made variants, with the most that a page downloads for it. ``pages``: their number."""

    picture: str
    pages: int
    phone: ByteChange
    desktop: ByteChange


class BuildDownloads(Struct, frozen=True, kw_only=True):
    """What browsers download after a build. ``new``: pictures of which it made variants, the largest before first.

    ``pictures``: number of all pictures of the site; ``phone``, ``desktop``: of all of them, each once.
    """

    pictures: int
    phone: ByteChange
    desktop: ByteChange
    new: list[DownloadRow]


class ReportedBudget(Struct, frozen=True, kw_only=True):
    """One budget of one page. ``value``: what the page uses, in bytes or images; ``image``: URL of the largest image.

    ``headroom``: share of the error level (else of the warn level) that is left; negative if exceeded.
    ``paths``: the glob in the settings that sets the budget, ``*`` for all pages.
    """

    metric: str
    viewport: str
    value: int
    warn: int | None
    error: int | None
    headroom: float | None
    image: str
    paths: str = "*"


class ReportedHero(Struct, frozen=True, kw_only=True):
    """The hero of a page, and where it comes from.

    ``picture``: its site path. ``origin``: ``inserted`` by imageseo, ``declared`` and shown by the page, or ``found``
    by its place. ``provider``, ``seed``, ``model``, ``master``, ``recipe``: of its pin in the lock file. ``pinned``: it
    has one. ``generated``: it was made from a recipe. ``source_type``: the IPTC digital source type.
    """

    page: str
    picture: str
    alt: str | None
    origin: str
    generated: bool = False
    pinned: bool = False
    provider: str | None = None
    seed: int | None = None
    model: str | None = None
    master: str | None = None
    recipe: str | None = None
    prompt: str | None = None
    source_type: str | None = None
    creator: str | None = None
    license: str | None = None


class ReportedPage(Struct, frozen=True, kw_only=True):
    """A page with pictures. ``source``: the author's file. ``phone``, ``desktop``: all pictures, each file once.

    ``lcp``: site path of the image that visitors wait for, if it is a file of the site.
    """

    page: str
    source: str | None
    title: str | None
    pictures: int
    phone: ByteChange
    desktop: ByteChange
    lcp: str | None
    budgets: list[ReportedBudget]


class ReportedBudgetStatus(Struct, frozen=True, kw_only=True):
    """A budget on the whole site. ``worst``: the page that uses most, and ``value``: how much.

    ``p75``: the value that three quarters of the pages keep.
    """

    metric: str
    viewport: str
    paths: str
    warn: int | None
    error: int | None
    pages: int
    worst: str
    value: int
    p75: int
    headroom: float | None


class ReportedEncode(Struct, frozen=True, kw_only=True):
    """A variant that took long to encode. ``seconds``: of one thread, as measured when it was encoded."""

    picture: str
    format: str
    width: int
    bytes: int
    seconds: float


class ReportedCache(Struct, frozen=True, kw_only=True):
    """The variants of the site. ``encoded``: new in this build; ``reused``: from the cache; None outside of a build."""

    variants: int
    bytes: int
    encoded: int | None = None
    reused: int | None = None


class ReportedFinding(Struct, frozen=True, kw_only=True):
    """A finding of the build, with the keys of ``lint --format json``.

    ``source_line``, ``source_column``: of the author's file, if they are known.
    """

    rule: str
    severity: str
    message: str
    hint: str
    page: str
    source: str | None
    line: int | None
    column: int | None
    image: str | None
    fails_build: bool
    source_line: int | None = None
    source_column: int | None = None


class ReportedScreen(Struct, frozen=True, kw_only=True):
    """A viewport: CSS px and device pixel ratio."""

    width: int
    height: int
    dpr: float


class ReportTotals(Struct, frozen=True, kw_only=True):
    """Of the whole site; every picture counts once, with the most that a page downloads for it.

    ``pages``: that have pictures.
    """

    pages: int
    pictures: int
    phone: ByteChange
    desktop: ByteChange


class SiteReport(Struct, frozen=True, kw_only=True):
    """What imageseo did to a site. Everything is sorted, so that equal sites give equal bytes.

    Only ``slowest`` and ``cache`` depend on the builds that led here. ``unrecorded``: pages that the cache does not
    know; their data are read from the folder, without quality, reason and findings.
    """

    version: int = VERSION
    title: str = "report"
    site: str
    url: str | None
    screens: dict[str, ReportedScreen]
    totals: ReportTotals
    pages: list[ReportedPage] = field(default_factory=list)
    pictures: list[ReportedPicture] = field(default_factory=list)
    heroes: list[ReportedHero] = field(default_factory=list)
    budgets: list[ReportedBudgetStatus] = field(default_factory=list)
    findings: list[ReportedFinding] = field(default_factory=list)
    slowest: list[ReportedEncode] = field(default_factory=list)
    cache: ReportedCache
    unrecorded: list[str] = field(default_factory=list)
