"""Finding, Silenced, Location, Severity, Viewport, Budget."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from imageseo.model.edit import Edit  # at run time too: a build's book reads the types of its findings


class Severity(StrEnum):
    OFF = "off"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {Severity.OFF: 0, Severity.INFO: 1, Severity.WARN: 2, Severity.ERROR: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where: a page of the built site, its source file when known, 1-based line and column, the image's URL."""

    page: str
    source: str | None = None
    line: int | None = None
    column: int | None = None
    image: str | None = None

    def __str__(self) -> str:
        place = self.page
        if self.line is not None:
            place += f":{self.line}"
            if self.column is not None:
                place += f":{self.column}"
        return place


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong. ``rule`` is permanent; ``message`` says what was found, ``hint`` what to do.

    ``fix``: edits of the page's published bytes that mend it safely. ``fingerprint``: what it is known by from run to
    run (``lint.fingerprint``); empty where none was computed.
    """

    rule: str
    severity: Severity
    message: str
    location: Location
    hint: str = ""
    fails_build: bool = False
    fix: tuple[Edit, ...] = ()
    fingerprint: str = ""

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        place = self.location
        return (place.page, place.line or 0, place.column or 0, self.rule, self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silenced:
    """A finding that the page's author answered in place, by ``data-imageseo-disable="rule: why"``."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewport:
    """A screen: CSS px and device pixel ratio."""

    name: str
    width: int
    height: int
    dpr: float


MOBILE = Viewport(name="mobile", width=412, height=823, dpr=1.75)
DESKTOP = Viewport(name="desktop", width=1350, height=940, dpr=1.0)
PHONE = Viewport(name="phone", width=390, height=844, dpr=3.0)
TABLET = Viewport(name="tablet", width=820, height=1180, dpr=2.0)
GATING = (MOBILE, DESKTOP)
REPORTED = (PHONE, TABLET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Bytes (or images) that one metric may cost at one viewport; ``None`` switches a level off.

    ``pages``: the glob of the pages that it was set for, ``*`` for all.
    """

    metric: str
    viewport: Viewport
    warn: int | None
    error: int | None
    pages: str = "*"
