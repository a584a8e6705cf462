"""Findings of heroes that cannot be known: of sources whose front matter or text cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from imageseo.heroes.policy.usage import usage_fault
from imageseo.lint.engine import location_of
from imageseo.model import regular_file
from imageseo.model.errors import RecipeError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.hero import HeroRequest
from imageseo.model.site import Page, Site, SourceFault

RULE = "hero-recipe"
_KEY = re.compile(r"key `(?P<key>[\w-]+)(?:\.(?P<inner>[\w-]+))?")
_MAX_HEAD = 64 * 1024
"""Bytes of a source in which front matter is looked for."""


def hero_fault_finding(page: Page, error: RecipeError, project: Path) -> Finding:
    """Return the finding for an invalid declaration of a page's hero. ``project``: the folder that sources start from.

    Its line is that of the key that the message names, if the source has it once.
    """
    location = location_of(page)
    if page.hints.fault is not None:
        location = replace(location, source_line=page.hints.fault.line)
    elif page.hints.source is not None and (key := _KEY.search(error.message)) is not None:
        location = replace(location, source_line=_find_key(project / page.hints.source, key["key"], key["inner"]))
    return Finding(
        rule=RULE, severity=Severity.ERROR, message=error.message, hint=error.hint, location=location, fails_build=True
    )


def usage_findings(pages: Iterable[Page], requests: Mapping[str, HeroRequest | None], warn: int) -> Iterator[Finding]:
    """Yield the findings of heroes whose usage has ended, ends soon, or has not begun. ``warn``: days before."""
    for page in pages:
        request = requests.get(page.path)
        fault = usage_fault(request.terms, warn=warn) if request is not None else None
        if fault is not None:
            yield Finding(
                rule="hero-usage",
                severity=Severity.ERROR if fault.fails else Severity.WARN,
                message=fault.message,
                hint=f"extend `usage` of `{request.key}` if the rights allow it, or choose another hero"
                if request is not None
                else "",
                location=location_of(page),
                fails_build=fault.fails,
            )


def source_findings(site: Site) -> Iterator[Finding]:
    """Yield the findings of sources that belong to no page of the site."""
    for fault in site.faults:
        yield _finding(fault)


def page_findings(site: Site) -> Iterator[Finding]:
    """Yield the findings of pages whose sources have a fault."""
    for page in site.pages:
        if (fault := page.hints.fault) is not None:
            yield hero_fault_finding(page, RecipeError(fault.describe(page.key), hint=fault.hint), site.project)


def _find_key(source: Path, key: str, inner: str | None) -> int | None:
    """Return the line of a key in front matter, nested or flat, else of its table; None if it is not found once."""
    try:
        lines = regular_file.read(source, limit=_MAX_HEAD * 64)[:_MAX_HEAD].decode("utf-8", "replace").splitlines()
    except (OSError, ValueError):
        return None
    names = [rf"(?:{re.escape(key)}[_.])?{re.escape(inner)}"] if inner else []
    for name in (*names, re.escape(key)):
        pattern = re.compile(rf"""(?:^|[\s{{,:])["']?{name}["']?\s*[:=]""", re.IGNORECASE)
        found = [number for number, line in enumerate(lines, 1) if pattern.search(line)]
        if len(found) == 1:
            return found[0]
    return None


def _finding(fault: SourceFault) -> Finding:
    name = fault.source.name if fault.source.is_absolute() else fault.source.as_posix()
    return Finding(
        rule=RULE,
        severity=Severity.ERROR,
        message=fault.describe(name),
        hint=fault.hint,
        location=Location(page=name, source=name, source_line=fault.line),
        fails_build=True,
    )
