"""Findings of heroes that cannot be known: of sources whose front matter or text cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from imageseo.lint.engine import location_of
from imageseo.model.errors import RecipeError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.site import Page, Site, SourceFault

RULE = "hero-recipe"


def hero_fault_finding(page: Page, error: RecipeError) -> Finding:
    """Return the finding for an invalid declaration of a page's hero."""
    location = location_of(page)
    if page.hints.fault is not None:
        location = replace(location, source_line=page.hints.fault.line)
    return Finding(
        rule=RULE, severity=Severity.ERROR, message=error.message, hint=error.hint, location=location, fails_build=True
    )


def source_findings(site: Site) -> Iterator[Finding]:
    """Yield the findings of sources that belong to no page of the site."""
    for fault in site.faults:
        yield _finding(fault)


def page_findings(site: Site) -> Iterator[Finding]:
    """Yield the findings of pages whose sources have a fault."""
    for page in site.pages:
        if (fault := page.hints.fault) is not None:
            yield hero_fault_finding(page, RecipeError(fault.describe(page.key), hint=fault.hint))


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
