"""Find the URLs of renamed image files in a page, and the edits that make them name the new files."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from imageseo.model.edit import Edit
from imageseo.model.image import Span
from imageseo.web import urls
from imageseo.web.html.attributes import RawAttribute, Tag, attributes, decode_value
from imageseo.web.html.tokenizer import walk
from imageseo.web.srcset.candidates import srcset_entries

_URLS = {
    "img": ("src",),
    "link": ("href",),
    "a": ("href",),
    "area": ("href",),
    "video": ("poster",),
    "input": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "meta": ("content",),
}
_SRCSETS = {"img": ("srcset",), "source": ("srcset",), "link": ("imagesrcset",)}
_TAGS = frozenset({*_URLS, *_SRCSETS, "script"})
_META = re.compile(r"image|thumbnail|logo|tile", re.IGNORECASE)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_END = re.compile(r"[?#]")


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlRenamer:
    """Renames URLs of one page. ``renames``: site path -> site path of the file to name instead.

    ``page``, ``base_url``, ``base_href``: as in ``urls.resolve``. ``skipped``: offsets of ``<img>`` tags to leave.
    """

    renames: Mapping[str, str]
    page: str
    base_url: str | None
    base_href: str | None
    skipped: Collection[int] = ()

    def edits(self, html: bytes) -> list[Edit]:
        """Return the edits of a page without earlier edits by imageseo."""
        text = html.decode("latin-1")
        lowered = text.lower()
        links = [match.start() for match in re.finditer(r"<a(?=[\s/>])", lowered)]
        found: list[Edit] = []
        for name, start, end, close in walk(lowered, _TAGS, links=links):
            tag = Tag(name, start, end, close)
            if name.startswith("/") or (name == "img" and start in self.skipped):
                continue
            found += self._of_script(text, tag) if name == "script" else self._of_tag(text, tag)
        return found

    def part(self, url: str) -> tuple[int, int, str] | None:
        """Return what to replace of a URL: start, end and the text; None for one that names no renamed file."""
        path = urls.resolve(url, page=self.page, base_url=self.base_url, base_href=self.base_href)
        new = self.renames.get(path) if isinstance(path, str) else None
        if new is None or not isinstance(path, str):
            return None
        match = _END.search(url)
        end = match.start() if match else len(url)
        if posixpath.dirname(path) == posixpath.dirname(new):
            return max(url.rfind("/", 0, end), url.rfind("\\", 0, end)) + 1, end, quote(posixpath.basename(new))
        if urlsplit(url).scheme and self.base_url is not None:
            return 0, end, urls.absolute(self.base_url, new)
        if url.startswith("/") or self.base_href:
            root = urlsplit(self.base_url).path.rstrip("/") if self.base_url is not None else ""
            return 0, end, f"{root}/{quote(new)}"
        return 0, end, urls.relative(self.page, new)

    def _of_tag(self, text: str, tag: Tag) -> Iterator[Edit]:
        by_name = {each.name: each for each in attributes(text, tag)}
        if tag.name == "meta" and not _is_image_meta(by_name):
            return
        for name in _URLS.get(tag.name, ()):
            if (each := by_name.get(name)) is not None and each.value:
                stripped = each.value.strip()
                yield from self._of_token(stripped, _value_start(text, each) + each.value.index(stripped))
        for name in _SRCSETS.get(tag.name, ()):
            if (each := by_name.get(name)) is not None and each.value:
                start, at = _value_start(text, each), 0
                for entry in srcset_entries(each.value):
                    at = each.value.index(entry.url, at)
                    yield from self._of_token(entry.url, start + at)
                    at += len(entry.url)

    def _of_token(self, raw: str, start: int) -> Iterator[Edit]:
        """Yield the edit of a URL as written. Its position in the decoded text must be that in the page."""
        decoded = _as_utf8(decode_value(raw))
        part = self.part(decoded)
        if part is None:
            return
        begin, end, new = part
        if decoded[:end].isascii() and raw.startswith(decoded[:end]):
            yield Edit(span=Span(start + begin, start + end), replacement=new.encode())
        elif "&" not in raw.partition("?")[0]:  # the name is written in another alphabet than ASCII
            match = _END.search(raw)
            end = match.start() if match else len(raw)
            begin = max(raw.rfind("/", 0, end), raw.rfind("\\", 0, end)) + 1 if begin else 0
            yield Edit(span=Span(start + begin, start + end), replacement=new.encode())

    def _of_script(self, text: str, tag: Tag) -> Iterator[Edit]:
        kind = next((each.value or "" for each in attributes(text, tag) if each.name == "type"), "")
        if kind.strip().lower().partition(";")[0] != "application/ld+json":
            return
        for match in _STRING.finditer(text, tag.end, tag.close):
            try:
                value = json.loads(_as_utf8(match[0]))
            except ValueError:
                continue
            part = self.part(value) if urls.is_image_url(value) else None
            if part is not None:
                begin, end, new = part
                changed = json.dumps(value[:begin] + new + value[end:], ensure_ascii="\\u" in match[0])
                yield Edit(span=Span(*match.span()), replacement=changed.replace("</", "<\\/").encode())


def _value_start(text: str, attribute: RawAttribute) -> int:
    assert attribute.value is not None
    return text.rindex(attribute.value, attribute.start, attribute.end)


def _is_image_meta(by_name: Mapping[str, RawAttribute]) -> bool:
    names = (by_name[key].value or "" for key in ("property", "name", "itemprop") if key in by_name)
    return any(map(_META.search, names))


def _as_utf8(text: str) -> str:
    """Return latin-1 text of a page as what its bytes mean in UTF-8; unchanged if they are no UTF-8."""
    try:
        return text.encode("latin-1").decode()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text
