"""Every preload of an image is one that browsers follow.

``<link rel="preload" as="image">`` needs ``as``, a file in ``href`` or ``imagesrcset``, and ``imagesizes`` wherever
``imagesrcset`` has widths: without it the image counts as wide as the screen. ``imagesrcset`` and ``imagesizes`` follow
the rules of ``srcset`` and ``sizes`` and count for preloads of images only. A value that browsers ignore is a warning.
``as`` on a link that is no preload (``rel="prefetch"``) is against the standard and harmless: a note.
Whether the preloaded file is the one that is shown is checked by ``preload-mismatch``.

Bad (no imagesizes):
    <link rel="preload" as="image" imagesrcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w">

Bad (as is missing):
    <link rel="preload" href="photo-800x450.jpg">

Bad (no such destination):
    <link rel="preload" as="img" href="photo-800x450.jpg">

Bad (no preload):
    <link rel="prefetch" as="image" imagesrcset="photo-800x450.jpg 800w" imagesizes="100vw">

Bad (a percentage):
    <link rel="preload" as="image" imagesrcset="photo-800x450.jpg 800w" imagesizes="50%">

Bad (a warning: no such priority):
    <link rel="preload" as="image" href="photo-800x450.jpg" fetchpriority="highest">

Good:
    <link rel="preload" as="image" href="photo-800x450.jpg" fetchpriority="high">

Good (of candidates):
    <link rel="preload" as="image" imagesrcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w" imagesizes="100vw">

Bad (a note: only preloads have it):
    <link rel="prefetch" as="image" href="photo-800x450.jpg">

Good (of other files):
    <link rel="preload" as="font" href="a.woff2" crossorigin><link rel="icon" href="mark-32x32.png" sizes="32x32">
"""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.model.facts import Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity
from imageseo.web.html.head import Head

SEVERITY = Severity.ERROR
LINT_ONLY = True
SOURCES = ("HTML link", "HTML preload")


def check(head: Head) -> Iterator[Problem]:
    from imageseo.web.markup.preloads import hint_fault, preload_faults  # not needed by a build

    for link in head.links:
        is_preload = "preload" in link.values.get("rel", "").lower()
        href = link.values.get("href", "").strip()
        slip = hint_fault(link)
        if slip is not None:
            place = ProblemLocation(offset=link.span.start, image=href or None)
            what = f"the link {f'to {shorten(href)}' if href else 'to an image'} {slip.what}"
            yield Problem(message=what, hint=slip.hint, severity=Severity.INFO, place=place)
        if not (is_preload or "imagesrcset" in link.values or "imagesizes" in link.values):
            continue
        for fault, is_serious in preload_faults(link):
            yield Problem(
                message=f"the preload {f'of {shorten(href)}' if href else 'of an image'} {fault.what}",
                hint=fault.hint,
                severity=None if is_serious else Severity.WARN,
                place=ProblemLocation(offset=link.span.start, image=href or None),
            )
