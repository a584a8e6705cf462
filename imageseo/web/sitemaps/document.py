"""Parses a sitemap, edits its images, and serializes it with its own prolog, encoding and indentation."""

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
    """A file that cannot be parsed as a sitemap; the text states the reason."""


def clean_url(url: str) -> str:
    """Return a URL as sitemaps require it: anything but ASCII URL characters percent-encoded as UTF-8."""
    return quote(url.strip(), safe=_URL_SAFE, errors="replace")


def compress_gzip(data: bytes) -> bytes:
    """Compress as gzip without name and time (mtime 0, RFC 1952), so that equal content gives equal bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(data) + packer.flush()
    tail = zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return _GZIP + b"\x08\x00\x00\x00\x00\x00\x02\xff" + body + tail


def decompress_gzip(data: bytes, limit: int) -> bytes:
    """Decompress a gzip file. Raises BadSitemap if it is damaged or contains more than ``limit`` bytes."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise BadSitemap(f"damaged gzip: {error}") from error
    if len(content) > limit:
        raise BadSitemap(f"contains more than {limit} bytes")
    if not unpacker.eof:
        raise BadSitemap("damaged gzip: truncated")
    return content


def is_gzip(data: bytes) -> bool:
    return data.startswith(_GZIP)


@dataclass(slots=True)
class SitemapEntry:
    """One ``<url>`` of a document."""

    element: Any
    loc: str

    def images(self) -> Iterator[tuple[Any, str, bool]]:
        """Yield each ``image:image``: element, location, and whether it has only a location, as imageseo writes it."""
        for image in self.element.iterchildren(_IMAGE_TAG):
            children = list(image)
            loc = (image.findtext(_LOC_TAG) or "").strip()
            yield image, loc, len(children) == 1 and children[0].tag == _LOC_TAG

    def set_images(self, own_prefixes: tuple[str, ...], wanted: Sequence[str], limit: int) -> tuple[bool, int]:
        """Replace the entry's own images by those in ``wanted``, in that order, and keep all others.

        Own images are under one of ``own_prefixes`` and have only a location. ``limit``: of all images. Return whether
        anything changed, and how many images exceed the limit.
        """
        present = list(self.images())
        own = [(image, loc) for image, loc, bare in present if bare and loc.startswith(own_prefixes)]
        foreign = {loc for _, loc, bare in present if not (bare and loc.startswith(own_prefixes))}
        available = max(0, limit - (len(present) - len(own)))
        missing = [loc for loc in dict.fromkeys(wanted) if loc not in foreign]
        added = missing[:available]
        if [loc for _, loc in own] == added:
            return False, len(missing) - len(added)
        for image, _ in own:
            self._remove(image)
        for loc in added:
            self._append(loc)
        return True, len(missing) - len(added)

    def _append(self, loc: str) -> None:
        """Append an image at the end, as the schema of the protocol requires, indented like its siblings."""
        from lxml import etree

        image = etree.SubElement(self.element, _IMAGE_TAG, nsmap=_local_namespace(self.element))
        etree.SubElement(image, _LOC_TAG).text = loc
        before = image.getprevious()
        if before is not None:
            image.tail, before.tail = before.tail, self.element.text

    def _remove(self, image: Any) -> None:
        before = image.getprevious()
        if image.getnext() is None and before is not None:
            before.tail = image.tail
        self.element.remove(image)  # lxml takes the tail along


def _local_namespace(element: Any) -> dict[str | None, str] | None:
    """Return a namespace declaration for the entry itself, if the root has none."""
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
            raise BadSitemap(f"the root element is <{name.localname}>, expected <urlset> or <sitemapindex>")
        self.is_index = name.localname == "sitemapindex"
        if not self.is_index and IMAGE not in root.nsmap.values():
            self._tree = _parse(_with_image_namespace(data))
        self._space = f"{{{name.namespace}}}" if name.namespace else ""

    def entries(self) -> list[SitemapEntry]:
        """Return the pages of a sitemap, or the sitemaps of an index."""
        inner = "sitemap" if self.is_index else "url"
        found = self._tree.getroot().iterchildren(f"{self._space}{inner}")
        return [SitemapEntry(item, (item.findtext(f"{self._space}loc") or "").strip()) for item in found]

    def add_sitemap(self, loc: str) -> None:
        """Append a sitemap to an index, formatted like the last one."""
        last = self.entries()[-1].element
        added = copy.deepcopy(last)
        for child in list(added):
            if child.tag != f"{self._space}loc":
                added.remove(child)
        added.find(f"{self._space}loc").text = loc
        added.find(f"{self._space}loc").tail = last[-1].tail
        added.tail, last.tail = last.tail, last.getparent().text
        last.addnext(added)

    def split(self, urls: int, size: int) -> list[bytes]:
        """Return the document in as many parts as the limits require. ``urls`` and ``size`` (bytes): of a part."""
        data = self.serialize()
        entries = self.entries()
        if len(entries) <= urls and len(data) <= size:
            return [data]
        from lxml import etree

        lengths = [len(etree.tostring(entry.element, encoding=self._encoding)) for entry in entries]
        overhead = max(1024, len(data) - sum(len(etree.tostring(entry.element)) for entry in entries))
        groups: list[tuple[int, int]] = []
        start = group_size = 0
        for number, length in enumerate(lengths):
            if number > start and (number - start >= urls or overhead + group_size + length > size):
                groups.append((start, number))
                start, group_size = number, 0
            group_size += length
        groups.append((start, len(entries)))
        return [self._part(data, start, end) for start, end in groups]

    def _part(self, data: bytes, start: int, end: int) -> bytes:
        part = Document(data)
        for number, entry in enumerate(part.entries()):
            if not start <= number < end:
                entry.element.getparent().remove(entry.element)
        return part.serialize()

    @property
    def _encoding(self) -> str:
        return self._tree.docinfo.encoding or "UTF-8"

    def serialize(self) -> bytes:
        """Return the bytes, with the declaration, encoding, line ends and end of file of the original."""
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

    # No entity is expanded and nothing is fetched; huge_tree lifts libxml2's limit of 10 MB: sitemaps may have 50 MB.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, strip_cdata=False, huge_tree=True)
    try:
        return etree.ElementTree(etree.fromstring(data, parser))
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise BadSitemap(f"not well-formed XML: {error}") from error


def _root_start(data: bytes) -> int:
    """Return where the root's tag starts: after byte order mark, declaration, comments, instructions and doctype."""
    offset = len(_BOM) if data.startswith(_BOM) else 0
    while (prolog := _BEFORE_ROOT.match(data, offset)) is not None:
        offset = prolog.end()
    return offset


def _with_image_namespace(data: bytes) -> bytes:
    """Declare the image namespace on the root, so that entries need not repeat it."""
    root = _ROOT.match(data, _root_start(data))
    if root is None or b"xmlns:image" in data[: data.find(b">", root.end())]:
        return data  # UTF-16, or the document uses the prefix for something else
    return data[: root.end()] + f' xmlns:image="{IMAGE}"'.encode() + data[root.end() :]


def write_index(locs: Sequence[str], comment: str) -> bytes:
    """Create a sitemap index."""
    lines = [f"  <sitemap>\n    <loc>{escape(loc, quote=False)}</loc>\n  </sitemap>\n" for loc in locs]
    return _create_document("sitemapindex", "", comment, lines)


def write_urlset(pages: Sequence[str], comment: str) -> bytes:
    """Create a sitemap. ``pages``: results of ``write_url``."""
    return _create_document("urlset", f' xmlns:image="{IMAGE}"', comment, pages)


def write_url(loc: str, images: Sequence[str]) -> str:
    """Return the ``<url>`` element of one page with its images."""
    image_elements = "".join(
        f"    <image:image><image:loc>{escape(image, quote=False)}</image:loc></image:image>\n" for image in images
    )
    return f"  <url>\n    <loc>{escape(loc, quote=False)}</loc>\n{image_elements}  </url>\n"


def _create_document(root: str, names: str, comment: str, lines: Sequence[str]) -> bytes:
    top = f'<?xml version="1.0" encoding="UTF-8"?>\n<!--{comment}-->\n<{root} xmlns="{SITEMAP}"{names}>\n'
    return (top + "".join(lines) + f"</{root}>\n").encode("utf-8")
