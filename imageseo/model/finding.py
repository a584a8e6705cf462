"""Finding, Silenced, Location, Occurrence, AttributeChange, Severity, Viewport, Budget."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from imageseo.model.edit import Edit  # needed at run time: the build state is decoded by these types


class Severity(StrEnum):
    OFF = "off"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {Severity.OFF: 0, Severity.INFO: 1, Severity.WARN: 2, Severity.ERROR: 3}


class Occurrence(NamedTuple):
    """Which of the images with the same path on the built page an image is, from 0, and how many there are.

    ``article_position``: among those of the article; None for an image of the theme: header, navigation, footer.
    """

    position: int
    total: int
    article_position: int | None
    article_total: int


class AttributeChange(NamedTuple):
    """An attribute of an image to write, or to remove (``None``), in the syntax of any source file."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Location of a finding: page of the built site, its source file if known, 1-based line and column, image URL.

    ``source_line``: in the source file, where the finding is about it. ``occurrence``: of an image's tag.
    ``inserted``: the image is a hero that imageseo inserts, which no source file shows.
    """

    page: str
    source: str | None = None
    line: int | None = None
    column: int | None = None
    image: str | None = None
    source_line: int | None = None
    occurrence: Occurrence | None = None
    inserted: bool = False

    def __str__(self) -> str:
        place = self.page
        if self.line is not None:
            place += f":{self.line}"
            if self.column is not None:
                place += f":{self.column}"
        return place


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of a rule or a build. ``rule``: permanent id. ``message``: the fact; ``hint``: the remedy.

    ``fix``: edits of the page's published bytes that fix it safely. ``fingerprint``: identifies the finding across runs
    (``lint.fingerprint``); empty if not computed. ``file_fix``: image whose metadata are to be rewritten.
    ``changes``: attributes of the image that the author should write.
    """

    rule: str
    severity: Severity
    message: str
    location: Location
    hint: str = ""
    fails_build: bool = False
    fix: tuple[Edit, ...] = ()
    fingerprint: str = ""
    file_fix: str | None = None
    changes: tuple[AttributeChange, ...] = ()

    @property
    def is_fixable(self) -> bool:
        """Whether ``lint --fix`` can fix it."""
        return bool(self.fix) or self.file_fix is not None

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        place = self.location
        return (place.page, place.line or 0, place.column or 0, self.rule, self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silenced:
    """A finding that the page's author suppressed by ``data-imageseo-disable="rule: reason"``."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewport:
    """A viewport: size in CSS px and device pixel ratio."""

    name: str
    width: int
    height: int
    dpr: float


MOBILE = Viewport(name="mobile", width=412, height=823, dpr=1.75)
DESKTOP = Viewport(name="desktop", width=1350, height=940, dpr=1.0)
PHONE = Viewport(name="phone", width=390, height=844, dpr=3.0)
TABLET = Viewport(name="tablet", width=820, height=1180, dpr=2.0)
LAPTOP = Viewport(name="laptop", width=1440, height=900, dpr=2.0)
GATING = (MOBILE, DESKTOP)
REPORTED = (PHONE, TABLET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The limit of one metric at one viewport, in bytes or images; ``None`` switches a level off.

    ``pages``: glob of the pages that it applies to, ``*`` for all.
    """

    metric: str
    viewport: Viewport
    warn: int | None
    error: int | None
    pages: str = "*"
