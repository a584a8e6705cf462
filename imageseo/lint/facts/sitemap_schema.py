"""Validation of sitemap entries, by a schema and by the documented limits of search engines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from imageseo.lint.facts import xml_stream
from imageseo.model.facts import Problem, ProblemLocation, shorten
from imageseo.web.sitemaps.document import IMAGE, SITEMAP
from imageseo.web.sitemaps.image_sitemap import SitemapLimits

FIX_GENERATOR = "fix the generator of the sitemap; search engines drop what they cannot read"
_SHOWN = 20  # problems of a kind per file; the last one gives the number of others
_DEPRECATED = ("caption", "geo_location", "title", "license")
_EXPECTED = {
    "loc": "an absolute http(s) URL of at most 2,048 characters",
    "lastmod": "a date such as 2026-11-22, or with a time: 2026-11-22T10:30:00+00:00",
    "changefreq": "always, hourly, daily, weekly, monthly, yearly or never",
    "priority": "a number from 0.0 to 1.0",
}


def loc_of(element: Any) -> str:
    """Return the address of a ``<url>`` or ``<sitemap>``."""
    return (element.findtext(f"{{{SITEMAP}}}loc") or "").strip()


class SitemapValidator:
    """Collects problems, few of each kind. ``file``, ``path``: the sitemap on disk and in the site."""

    def __init__(self, file: Path, path: str, limits: SitemapLimits) -> None:
        self._file, self._path, self._limits = file, path, limits
        self._schema = _schema()
        self._found: dict[tuple[str, str], list[tuple[int, str, str, str]]] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._entries = 0

    def entry(self, element: Any) -> None:
        """Check one ``<url>`` or ``<sitemap>``."""
        self._entries += 1
        line, name = element.sourceline, element.tag.rpartition("}")[2]
        if self._entries == self._limits.urls + 1:
            message = f"the entries from here on are not read: a file may have {self._limits.urls:,}"
            self._add(("", "many"), line, name, message, "split it, and list the parts in an index")
        locs = element.findall(f"{{{SITEMAP}}}loc")
        if len(locs) != 1:
            count = f"{len(locs)} <loc>" if locs else "no <loc>"
            self._add(("", "locs"), line, name, f"an entry has {count}; expected one", FIX_GENERATOR)
        images = len(element.findall(f"{{{IMAGE}}}image"))
        if images > self._limits.images:
            message = f"{shorten(loc_of(element))} lists {images:,} images; {self._limits.images:,} are read"
            self._add(("", "images"), line, name, message, "list those that the page is about")
        from lxml import etree

        try:
            valid = self._schema.validate(element)
        except etree.XMLSchemaValidateError:  # raised by lxml for an undeclared entity
            message, hint = "an entry refers to an entity that is not declared", "write the character itself"
            self._add(("", "entity"), line, name, message, hint)
            return
        if not valid:
            for error in self._schema.error_log:
                self._by_schema(element, error)

    def _by_schema(self, element: Any, error: Any) -> None:
        """Translate an error of the schema into a problem."""
        namespace, _, name = error.message.partition("'")[2].partition("'")[0].removeprefix("{").rpartition("}")
        tag_name, tag = (f"image:{name}", f":{name}") if namespace == IMAGE else (name, name)
        if "DATATYPE" in error.type_name or "FACET" in error.type_name or "facet" in error.message:
            each = next(
                (each for each in element.iter(f"{{{namespace}}}{name}") if each.sourceline == error.line), None
            )
            given = shorten(" ".join((each.text if each is not None and each.text else "").split()))
            expected = _EXPECTED.get(name, "something else")
            self._add(
                (namespace, name), error.line, tag, f"<{tag_name}> is “{given}”; expected {expected}", FIX_GENERATOR
            )
        elif namespace == IMAGE and name in _DEPRECATED:
            message, hint = f"<{tag_name}> is no longer read", "leave it out; use the page's JSON-LD instead"
            self._add((namespace, f"{name} there"), error.line, tag, message, hint)
        elif "ELEMENT_CONTENT" in error.type_name and not (namespace == SITEMAP and "Missing" in error.message):
            fault = "is incomplete" if "Missing" in error.message else "is not allowed here"
            self._add((namespace, f"{name} there"), error.line, tag, f"<{tag_name}> {fault}", FIX_GENERATOR)

    def _add(self, kind: tuple[str, str], line: int, tag: str, message: str, hint: str) -> None:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        if self._counts[kind] <= _SHOWN:
            self._found.setdefault(kind, []).append((line, tag, message, hint))

    def problems(self) -> Iterator[Problem]:
        """Yield the problems, each with its line and the column of its tag."""
        tags = [(line, tag) for found in self._found.values() for line, tag, *_ in found]
        columns = xml_stream.tag_columns(self._file, tags) if tags else {}
        for kind, found in self._found.items():
            left = self._counts[kind] - len(found)
            for number, (line, tag, message, hint) in enumerate(found, 1):
                more = f" (and {left:,} more like this)" if left and number == len(found) else ""
                place = ProblemLocation(file=self._path, line=line, column=columns.get((line, tag)))
                yield Problem(message=f"{self._path}: {message}{more}", hint=hint, place=place)


@lru_cache(maxsize=1)
def _schema() -> Any:
    from lxml import etree

    return etree.XMLSchema(file=str(Path(__file__).parent / "schemas" / "sitemap.xsd"))
