"""One sitemap document: parsed, its images changed, serialised with the host's own prolog, encoding and indents."""

from __future__ import annotations

import copy
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
IMAGE = "http://www.google.com/schemas/sitemap-image/1.1"
_IMAGE_TAG, _LOC_TAG = f"{{{IMAGE}}}image", f"{{{IMAGE}}}loc"
_URL_SAFE = "%/:?#[]@!$&'()*+,;=~"
_BOM = b"\xef\xbb\xbf"
_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL)
_ROOT = re.compile(rb"<[^\s/>]+")
_GZIP = b"\x1f\x8b"


class BadSitemap(ValueError):
    """A file that cannot be read as a sitemap; the text says why."""


def clean_url(url: str) -> str:
    """A URL as a sitemap wants it: everything outside of ASCII's URL characters percent-encoded as UTF-8."""
    return quote(url.strip(), safe=_URL_SAFE, errors="replace")


def gzipped(data: bytes) -> bytes:
    """gzip without name and time (mtime 0, RFC 1952), so that equal content gives equal bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(data) + packer.flush()
    tail = zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return _GZIP + b"\x08\x00\x00\x00\x00\x00\x02\xff" + body + tail


def gunzipped(data: bytes, limit: int) -> bytes:
    """The content of a gzip file; raises BadSitemap when it is damaged or holds more than ``limit`` bytes."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise BadSitemap(f"damaged gzip: {error}") from error
    if len(content) > limit:
        raise BadSitemap(f"holds more than {limit} bytes")
    if not unpacker.eof:
        raise BadSitemap("damaged gzip: cut off")
    return content


def is_gzip(data: bytes) -> bool:
    return data.startswith(_GZIP)


@dataclass(slots=True)
class Entry:
    """One ``<url>`` of a document."""

    element: Any
    loc: str

    def images(self) -> Iterator[tuple[Any, str, bool]]:
        """Each ``image:image``: element, location, and whether it says nothing else (as those that we write)."""
        for image in self.element.iterchildren(_IMAGE_TAG):
            children = list(image)
            loc = (image.findtext(_LOC_TAG) or "").strip()
            yield image, loc, len(children) == 1 and children[0].tag == _LOC_TAG

    def set_images(self, own_prefix: str, wanted: Sequence[str], limit: int) -> tuple[bool, int]:
        """Make our images those that are wanted, in that order, and keep all others.

        Ours are those under ``own_prefix`` with nothing but a location. Returns whether something changed, and how
        many found no room within ``limit``.
        """
        present = list(self.images())
        ours = [(image, loc) for image, loc, bare in present if bare and loc.startswith(own_prefix)]
        foreign = {loc for _, loc, bare in present if not (bare and loc.startswith(own_prefix))}
        room = max(0, limit - (len(present) - len(ours)))
        missing = [loc for loc in dict.fromkeys(wanted) if loc not in foreign]
        fitting = missing[:room]
        if [loc for _, loc in ours] == fitting:
            return False, len(missing) - len(fitting)
        for image, _ in ours:
            self._remove(image)
        for loc in fitting:
            self._append(loc)
        return True, len(missing) - len(fitting)

    def _append(self, loc: str) -> None:
        """At the end, as the protocol's schema wants it, in the indent of the children before it."""
        from lxml import etree

        image = etree.SubElement(self.element, _IMAGE_TAG, nsmap=_local_names(self.element))
        etree.SubElement(image, _LOC_TAG).text = loc
        before = image.getprevious()
        if before is not None:
            image.tail, before.tail = before.tail, self.element.text

    def _remove(self, image: Any) -> None:
        before = image.getprevious()
        if image.getnext() is None and before is not None:
            before.tail = image.tail
        self.element.remove(image)  # lxml takes the tail along


def _local_names(element: Any) -> dict[str | None, str] | None:
    """A declaration on the entry itself, where the root could not get one."""
    return None if IMAGE in element.nsmap.values() else {"image": IMAGE}


class Document:
    """A parsed sitemap or sitemap index. Raises BadSitemap."""

    def __init__(self, data: bytes) -> None:
        from lxml import etree

        self._data = data
        self._tree = _parse(data)
        root = self._tree.getroot()
        name = etree.QName(root)
        if name.localname not in ("urlset", "sitemapindex"):
            raise BadSitemap(f"its root is <{name.localname}>, expected <urlset> or <sitemapindex>")
        self.is_index = name.localname == "sitemapindex"
        if not self.is_index and IMAGE not in root.nsmap.values():
            self._tree = _parse(_declared(data))
        self._space = f"{{{name.namespace}}}" if name.namespace else ""

    def entries(self) -> list[Entry]:
        """The pages of a sitemap, or the sitemaps of an index."""
        inner = "sitemap" if self.is_index else "url"
        found = self._tree.getroot().iterchildren(f"{self._space}{inner}")
        return [Entry(item, (item.findtext(f"{self._space}loc") or "").strip()) for item in found]

    def add_sitemap(self, loc: str) -> None:
        """One more sitemap at the end of an index, written like the one before it."""
        last = self.entries()[-1].element
        added = copy.deepcopy(last)
        for child in list(added):
            if child.tag != f"{self._space}loc":
                added.remove(child)
        added.find(f"{self._space}loc").text = loc
        added.find(f"{self._space}loc").tail = last[-1].tail
        added.tail, last.tail = last.tail, last.getparent().text
        last.addnext(added)

    def chunks(self, urls: int, size: int) -> list[bytes]:
        """The document in as many parts as the limits ask for; one when it fits."""
        whole = self.serialised()
        entries = self.entries()
        if len(entries) <= urls and len(whole) <= size:
            return [whole]
        from lxml import etree

        lengths = [len(etree.tostring(entry.element, encoding=self._encoding)) for entry in entries]
        overhead = max(1024, len(whole) - sum(len(etree.tostring(entry.element)) for entry in entries))
        groups: list[tuple[int, int]] = []
        start = held = 0
        for number, length in enumerate(lengths):
            if number > start and (number - start >= urls or overhead + held + length > size):
                groups.append((start, number))
                start, held = number, 0
            held += length
        groups.append((start, len(entries)))
        return [self._part(whole, start, end) for start, end in groups]

    def _part(self, whole: bytes, start: int, end: int) -> bytes:
        part = Document(whole)
        for number, entry in enumerate(part.entries()):
            if not start <= number < end:
                entry.element.getparent().remove(entry.element)
        return part.serialised()

    @property
    def _encoding(self) -> str:
        return self._tree.docinfo.encoding or "UTF-8"

    def serialised(self) -> bytes:
        """The bytes: declaration, encoding, line ends and the end of the file as the host wrote them."""
        from lxml import etree

        encoding = self._encoding
        if encoding.upper().startswith(("UTF-16", "UTF-32", "UCS")):
            return bytes(etree.tostring(self._tree, encoding=encoding, xml_declaration=True))
        root = self._tree.getroot()
        body = bytes(etree.tostring(root, encoding=encoding, xml_declaration=False, with_tail=False))
        if 0 < self._data.count(b"\n") == self._data.count(b"\r\n"):
            body = body.replace(b"\n", b"\r\n")
        after = [bytes(etree.tostring(item, encoding=encoding, with_tail=False)) for item in root.itersiblings()]
        end = self._data[len(self._data.rstrip()) :]
        return self._data[: _root_start(self._data)] + b"\n".join([body, *after]) + end


def _parse(data: bytes) -> Any:
    from lxml import etree

    # No entity is expanded and nothing is fetched; huge_tree lifts libxml2's 10 MB bound, sitemaps may have 50 MB.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, strip_cdata=False, huge_tree=True)
    try:
        return etree.ElementTree(etree.fromstring(data, parser))
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise BadSitemap(f"not well-formed XML: {error}") from error


def _root_start(data: bytes) -> int:
    """Where the root's tag starts: behind byte order mark, declaration, comments, instructions and doctype."""
    place = len(_BOM) if data.startswith(_BOM) else 0
    while (skipped := _BEFORE_ROOT.match(data, place)) is not None:
        place = skipped.end()
    return place


def _declared(data: bytes) -> bytes:
    """The document with the image namespace declared on its root, so that entries need not repeat it."""
    root = _ROOT.match(data, _root_start(data))
    if root is None or b"xmlns:image" in data[: data.find(b">", root.end())]:
        return data  # UTF-16, or the prefix means something else here
    return data[: root.end()] + f' xmlns:image="{IMAGE}"'.encode() + data[root.end() :]


def write_index(locs: Sequence[str], comment: str) -> bytes:
    """A new sitemap index."""
    lines = [f"  <sitemap>\n    <loc>{escape(loc, quote=False)}</loc>\n  </sitemap>\n" for loc in locs]
    return _new("sitemapindex", "", comment, lines)


def write_urlset(pages: Sequence[str], comment: str) -> bytes:
    """A new sitemap of ready ``write_url`` texts."""
    return _new("urlset", f' xmlns:image="{IMAGE}"', comment, pages)


def write_url(loc: str, images: Sequence[str]) -> str:
    """One page with its images."""
    listed = "".join(
        f"    <image:image><image:loc>{escape(image, quote=False)}</image:loc></image:image>\n" for image in images
    )
    return f"  <url>\n    <loc>{escape(loc, quote=False)}</loc>\n{listed}  </url>\n"


def _new(root: str, names: str, comment: str, lines: Sequence[str]) -> bytes:
    top = f'<?xml version="1.0" encoding="UTF-8"?>\n<!--{comment}-->\n<{root} xmlns="{SITEMAP}"{names}>\n'
    return (top + "".join(lines) + f"</{root}>\n").encode("utf-8")
