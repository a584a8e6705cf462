"""Every image file that a page references exists.

A URL in ``src`` or ``srcset`` that points to no file shows a broken image, or one on some screens only. URLs are
resolved as in a browser: percent-encoded, with ``<base>``, without query and fragment. Letter case counts, because it
counts on the server. URLs that browsers do not load on a web page (``file:``, a drive letter, ``attachment:``) count as
missing. Other origins are not checked, nor URLs that a host serves on request (Cloudflare's ``/cdn-cgi/``,
``/.netlify/images``, ``/_vercel/image``, ``/_next/image``, ``/_ipx/``). A file of the same host outside the site is a
warning. So is a name that has its letters in another Unicode form than the file (``ä`` as one character, or as ``a``
and two dots, as older versions of macOS write it): most servers do not find such a file.

Bad:
    <img src="gone.jpg" alt="A harbour" width="800" height="450">

Bad (only one candidate is missing):
    <img src="photo-1600x900.jpg" srcset="gone-800w.jpg 800w, photo-1600x900.jpg 1600w" alt="A harbour">

Bad (a source of a picture):
    <picture><source type="image/avif" srcset="gone.avif"><img src="photo-1600x900.jpg" alt="A harbour"></picture>

Bad (leads out of the site):
    <img src="../../../etc/photo.jpg" alt="A harbour">

Bad (a file of the author's machine):
    <img src="file:///home/me/photo.jpg" alt="A harbour">

Bad (letter case):
    <img src="Photo-1600x900.JPG" alt="A harbour"><img src="photo-1600x900.jpg" alt="A harbour">

Bad (names nothing):
    <img src="" alt="A harbour">

Good:
    <img src="photo-1600x900.jpg?v=2#only-light" alt="A harbour">

Good (percent-encoded):
    <img src="a%20photo-800x600.png" alt="A harbour"><img src="a photo-800x600.png" alt="A harbour">

Good (another origin, a data URL, a script's business):
    <img src="https://img.example/badge.svg" alt="build passes">
    <img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">
    <img data-src="later.jpg" alt="A harbour">

Good (made by the host):
    <img src="/cdn-cgi/image/width=80/a.png" alt="A"><img src="/.netlify/images?url=/a.png&amp;w=80" alt="A">
    <img src="/_vercel/image?url=%2Fa.png&amp;w=80&amp;q=75" alt="A"><img src="../_ipx/w_80/a.png" alt="A">
    <img src="/_next/image?url=%2Fa.png&amp;w=80" srcset="/_next/image?url=%2Fa.png&amp;w=160 2x" alt="A">
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from imageseo.lint.tag_edits import is_set_by_script
from imageseo.model.facts import ImageFact, Problem, ResolvedUrl, shorten
from imageseo.model.finding import Severity
from imageseo.web.urls import is_unloadable

SEVERITY = Severity.ERROR
SOURCES = ("HTML img", "html-validate element-required-attributes")

_LABELS = {"src": "src", "srcset": "srcset", "source": "a <source>"}


def check(images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        if not any(target.elsewhere != "empty" for target in image.targets):
            if not is_set_by_script(image.ref):
                yield Problem(
                    message="an image names no file: src is empty or absent",
                    hint="set src, or remove the tag",
                    at=image.ref,
                )
            continue
        for attribute in _LABELS:
            missing = [target for target in image.targets if target.attribute == attribute and _is_missing(target)]
            if missing:
                yield _problem(image, missing[0], len(missing) - 1)
        other = next(filter(_has_other_form, image.targets), None)
        if other is not None:
            yield Problem(
                message=f"{_LABELS[other.attribute]} writes {shorten(other.path or '')} in another Unicode form than "
                "the file has it, and most servers do not find it",
                hint="rename the file with composed letters (`convmv -f utf8 -t utf8 --nfc`), or without accents",
                at=image.ref,
                severity=Severity.WARN,
            )


def _is_missing(target: ResolvedUrl) -> bool:
    if target.elsewhere == "origin":
        return is_unloadable(target.url)
    return target.elsewhere == "outside" or (target.path is not None and not target.exists)


def _has_other_form(target: ResolvedUrl) -> bool:
    if target.path is None or not target.exists or target.path.isascii():
        return False
    written = unquote(re.split(r"[?#]", target.url, maxsplit=1)[0])
    return target.path.rpartition("/")[2] not in written


def _problem(image: ImageFact, target: ResolvedUrl, others: int) -> Problem:
    """One problem for all missing files of an attribute: a folder that was not copied loses every candidate."""
    where = _LABELS[target.attribute]
    more = f" (and {others} more)" if others else ""
    if target.elsewhere == "origin":
        return Problem(
            message=f"{where} has a URL that no browser loads on a web page: {shorten(target.url)}{more}",
            hint="copy the file into the site and name it by its path there",
            at=image.ref,
        )
    if target.elsewhere == "outside":
        # `../` beyond the root is wrong; `/logo.png` under https://host/docs/ may be another site's file.
        relative = not target.url.lstrip().startswith("/") and ":" not in target.url.partition("/")[0]
        return Problem(
            message=f"{where} points outside the site: {shorten(target.url)}{more}",
            hint="move the file into the site's source folder and reference it there",
            at=image.ref,
            severity=None if relative else Severity.WARN,
        )
    near = f"did you mean {target.near}? " if target.near else ""
    return Problem(
        message=f"{where} names {shorten(target.path or target.url)}, which is not in the site{more}",
        hint=f"{near}Check the name, its letter case, and that the generator copies the file",
        at=image.ref,
    )
