"""The images of one page: which words would name them, and the edits that make the page use their new names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cached_property

from imageseo.lint.alt_text import SUFFIX, classify_placeholder, file_name, is_machine_name
from imageseo.lint.naming.nameless import is_nameless
from imageseo.model.edit import Edit
from imageseo.model.image import ImageRef, OptOut, PageScan
from imageseo.model.site import Page
from imageseo.pipeline.names.named_files import mentions
from imageseo.web import urls
from imageseo.web.delivery.renamed_urls import UrlRenamer
from imageseo.web.filenames import words_slug
from imageseo.web.html import hydration, page_scan, script_owned
from imageseo.web.srcset.candidates import parse_srcset

_CODE = re.compile(rb"<(script|style)\b([^>]*)>(.*?)</\1\s*>", re.IGNORECASE | re.DOTALL)


class PageNames:
    """A page without edits of earlier builds. Raises UnreadablePage.

    Pages of frameworks are left alone: these compare the page with what they would render.
    """

    def __init__(self, html: bytes, page: Page, base_url: str | None) -> None:
        self.html, self._page, self._base_url = html, page, base_url
        self._is_fixed = hydration.hydrating_framework(html) is not None
        self._scan: PageScan | None = None if self._is_fixed else page_scan.scan_page(html)

    def words(self) -> Iterator[tuple[str, str]]:
        """Yield the NFC path and the slug of each file that an image shows and describes."""
        if self._scan is None:
            return
        language = self._scan.language or self._page.hints.language
        for ref in self._scan.refs:
            slug = (
                _slug(ref, language)
                if ref.opt_out is not OptOut.IGNORED and ref.span.start not in self._skipped
                else ""
            )
            for url in _urls(ref) if slug else ():
                path = self._resolve(url)
                if path is not None:
                    yield unicodedata.normalize("NFC", path), slug

    def edits(self, renames: Mapping[str, str]) -> list[Edit]:
        """Return the edits of the page. ``renames``: path of a file on disk -> path of the file to name instead."""
        if self._scan is None:
            return []
        code = self._code
        wanted = {old: new for old, new in renames.items() if not (code and mentions(code, old))}
        renamer = UrlRenamer(
            renames=_in_both_forms(wanted),
            page=self._page.path,
            base_url=self._base_url,
            base_href=self._scan.base_href,
            skipped=self._skipped,
        )
        return renamer.edits(self.html)

    @cached_property
    def _skipped(self) -> frozenset[int]:
        """The tags of images that are left alone: the author's wish, or a script may look at their address."""
        refs = self._scan.refs if self._scan is not None else ()
        custom = hydration.custom_elements_of(self.html, refs)
        remounted = hydration.remounted_images(self.html) if refs else frozenset()
        return frozenset(
            ref.span.start
            for ref in refs
            if ref.opt_out is OptOut.IGNORED
            or ref.span.start in custom
            or ref.span.start in remounted & custom.keys()
            or script_owned.handler(ref)
            or script_owned.passed_by(ref)
            or script_owned.placeholder(ref)
        )

    @cached_property
    def _code(self) -> bytes:
        """The page's own scripts and styles, without JSON-LD, which is edited."""
        return b"\n".join(
            body for _, attributes, body in _CODE.findall(self.html) if b"ld+json" not in attributes.lower()
        )

    def _resolve(self, url: str) -> str | None:
        assert self._scan is not None
        found = urls.resolve(url, page=self._page.path, base_url=self._base_url, base_href=self._scan.base_href)
        return found if isinstance(found, str) else None


def _slug(ref: ImageRef, language: str) -> str:
    """Return the words of an image's alternative text, else of its ``title``; "" if neither describes it."""
    for text in ((ref.get("alt") or "").strip(), (ref.get("title") or "").strip()):
        if not text or SUFFIX.search(text) or is_machine_name(text) or classify_placeholder(text)[0] is not None:
            continue
        if text.casefold() in (file_name(ref.src).casefold(), SUFFIX.sub("", file_name(ref.src)).casefold()):
            continue
        slug = words_slug(text, language)
        if slug and not is_nameless(slug):
            return slug
    return ""


def _urls(ref: ImageRef) -> list[str]:
    srcsets = (ref.get("srcset") or "", *(source.srcset for source in ref.sources))
    return list(dict.fromkeys([ref.src, *(each.url for srcset in srcsets for each in parse_srcset(srcset))]))


def _in_both_forms(renames: Mapping[str, str]) -> dict[str, str]:
    """Return renames under both Unicode normal forms: pages and file systems write either."""
    found = dict(renames)
    for old, new in renames.items():
        if not old.isascii():
            for form in ("NFC", "NFD"):
                found.setdefault(unicodedata.normalize(form, old), new)
    return found
