"""An object that shows an image has a name.

``<object>`` has no ``alt``: ``aria-label``, ``aria-labelledby`` (of an element that exists) or ``title`` names it. What
stands between its tags is for browsers that cannot show the file, and names nothing (axe: object-alt). An object that
only decorates gets ``role="presentation"``; what is hidden is not judged. Objects with sound or video are checked as
well, since they need a name for the same reason. Usually ``<img>`` is simpler.

Bad:
    <object data="chart-800x600.png" type="image/png"></object>

Bad (its content is no name):
    <object data="chart-800x600.png"><img src="chart-800x600.png" alt="Build times"></object>

Bad (nor is alt):
    <object data="chart-800x600.png" alt="Build times"></object>

Good:
    <object data="chart-800x600.png" type="image/png" aria-label="Build times by page count"></object>

Good (a title):
    <object data="chart-800x600.png" title="Build times by page count"></object>

Good (only decoration):
    <object data="chart-800x600.png" role="presentation"></object>

Good (a page, and a file that is not there, so that its content is shown):
    <object data="page.html"></object><object data="gone.png"><img src="chart-800x600.png" alt="Build times"></object>
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from imageseo.lint.alt_text import nameless
from imageseo.model.facts import Problem, ProblemLocation, ResolvedUrl, shorten
from imageseo.model.finding import Severity
from imageseo.web.urls import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from imageseo.web.accessibility.graphics import PageGraphics

SEVERITY = Severity.ERROR
LINT_ONLY = True
SOURCES = ("WCAG 1.1.1", "ACT 8fc3b6", "axe object-alt", "Lighthouse object-alt", "HTML object")
_SUFFIXES = (*IMAGE_SUFFIXES, ".mp3", ".m4a", ".ogg", ".oga", ".wav", ".mp4", ".webm", ".ogv", ".mov")


def check(graphics: PageGraphics, target: Callable[[str], ResolvedUrl]) -> Iterator[Problem]:
    for shown in graphics.objects():
        url = shown.values.get("data", "").strip()
        if not url or not _is_media(url, shown.values) or shown.name.text or not shown.needs_name or shown.is_hidden:
            continue
        file = target(url)
        if file.path is not None and not file.exists:
            continue
        yield Problem(
            message=f"the object {shorten(url)} has {nameless(shown, 'no accessible name')}",
            hint="describe what it shows in `aria-label`, or show it with an `<img alt>`",
            place=ProblemLocation(offset=shown.element.offset, image=url),
        )


def _is_media(url: str, values: Mapping[str, str]) -> bool:
    kind = values.get("type", "").strip().lower()
    if kind:
        return kind.startswith(("image/", "audio/", "video/"))
    if url[:5].lower() == "data:":
        return url[5:11].lower() in ("image/", "audio/", "video/")
    return re.split(r"[?#]", url, maxsplit=1)[0].lower().endswith(_SUFFIXES)
