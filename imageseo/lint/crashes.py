"""An unexpected error in one page or file becomes a finding of it; the rest of the site is done."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.foreign import describe_error
from imageseo.model.site import Page

UNREADABLE = "page-unreadable"
"""Id of the finding for a page that cannot be read; always an error."""
CRASHED = ("the rule crashed", "imageseo crashed")
"""How messages about crashes begin. A crash may not happen again, so its page is processed again by the next build."""
DEBUG = "IMAGESEO_DEBUG"
"""The variable that shows where an unexpected error happened; it is no setting."""
RAISE = "IMAGESEO_TEST_RAISE"
"""The variable that lets unexpected errors end the run, in the tests of imageseo."""


class Findings(Protocol):
    """Takes findings, as a list does."""

    def append(self, finding: Finding, /) -> None: ...


@contextmanager
def crash_guard(findings: Findings, page: Page, effect: str, env: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Turn an unexpected error of the block into a finding. ``effect``: what was not done.

    Raises ImageseoError, which callers handle; and every error if ``RAISE`` is set.
    """
    try:
        yield
    except ImageseoError:
        raise
    except Exception as error:  # the last resort: what is known to be raised is handled where it occurs
        if env.get(RAISE, "") not in ("", "0"):
            raise
        if env.get(DEBUG, "") not in ("", "0"):
            traceback.print_exception(error)
        findings.append(crash_finding(page, error, effect))


def crash_finding(page: Page, error: Exception, effect: str) -> Finding:
    """Return the finding for a crash of imageseo itself, which no setting disables. ``effect``: what was not done."""
    return Finding(
        rule=UNREADABLE,
        severity=Severity.ERROR,
        message=f"{CRASHED[1]}; {effect}: {describe_error(error)}",
        hint=f"this is a bug in imageseo, not in the page: please report it with the traceback that {DEBUG}=1 shows; "
        "`exclude_pages` excludes the page",
        location=Location(page=page.path, source=page.source),
        fails_build=True,
    )
