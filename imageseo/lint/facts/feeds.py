"""The RSS and Atom feeds of a built site: their enclosures, and problems of the files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imageseo.lint.facts import xml_stream
from imageseo.model.facts import Problem, ProblemLocation
from imageseo.model.site import Site

MAX_BYTES = 50 * 2**20
_ATOM = "http://www.w3.org/2005/Atom"
_MEDIA = "http://search.yahoo.com/mrss/"
_ROOTS = ("rss", f"{{{_ATOM}}}feed", "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF")
_KINDS = {
    "enclosure": "rss",
    f"{{{_ATOM}}}link": "atom",
    f"{{{_MEDIA}}}content": "media",
    f"{{{_MEDIA}}}thumbnail": "thumbnail",
}
_TAGS = (*_KINDS, "item", f"{{{_ATOM}}}entry", *_ROOTS)
_ENDINGS = (".xml", ".rss", ".atom")
_FIX_TEMPLATE = "fix the template that writes the feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """One file that a feed encloses. ``kind``: ``rss`` (``<enclosure>``), ``atom`` (``<link rel="enclosure">``),
    ``media`` and ``thumbnail`` (Media RSS). ``attributes``: those of its tag.
    """

    kind: str
    attributes: Mapping[str, str]
    place: ProblemLocation


@dataclass(slots=True, kw_only=True)
class Feeds:
    """All feeds of a site, by path. ``problems``: feeds that cannot be read."""

    enclosures: list[Enclosure] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(site: Site) -> Feeds:
    """Read every feed below the site's root, recognised by its root element. Links are not followed. Raises nothing."""
    feeds = Feeds()
    paths: list[str] = []
    for folder, folders, names in os.walk(site.root):
        folders.sort()
        relative = os.path.relpath(folder, site.root).replace(os.sep, "/")
        paths += [
            name if relative == "." else f"{relative}/{name}" for name in names if name.lower().endswith(_ENDINGS)
        ]
    for path in sorted(paths):
        found: list[tuple[str, dict[str, str], int, str]] = []
        problem = xml_stream.read_guarded(path, lambda: _read(site, path, found), limit=MAX_BYTES, hint=_FIX_TEMPLATE)  # noqa: B023
        if problem is not None and _is_feed(site, path):
            feeds.problems.append(problem)
        elif problem is None and not found and _is_feed(site, path, attack=True):
            hint, place = "write it without a document type", ProblemLocation(file=path)
            problem = Problem(message=f"{path} declares entities, and is not read", hint=hint, place=place)
            feeds.problems.append(problem)
        columns = xml_stream.tag_columns(site.root / path, [(line, tag) for _, _, line, tag in found]) if found else {}
        feeds.enclosures += [
            Enclosure(
                kind=kind,
                attributes=tag_attributes,
                place=ProblemLocation(file=path, line=line, column=columns.get((line, tag))),
            )
            for kind, tag_attributes, line, tag in found
        ]
    return feeds


def _is_feed(site: Site, path: str, *, attack: bool = False) -> bool:
    """Whether an unread file was meant as a feed; sitemaps and the like are not reported here.

    ``attack``: whether it must also declare entities.
    """
    try:
        with xml_stream.open_content(site.root, path) as (head, _):
            if attack and not xml_stream.has_entities(head):
                return False
            text = head.replace(b"\0", b"")
            return any(name in text for name in (b"<rss", b"<feed", b"<rdf:RDF"))
    except Exception:  # damaged: recognised by its name
        return path.lower().endswith((".rss", ".atom", "feed.xml", "rss.xml", "atom.xml"))


def _read(site: Site, path: str, found: list[tuple[str, dict[str, str], int, str]]) -> None:
    with xml_stream.open_content(site.root, path) as (head, content):
        if xml_stream.has_entities(head) or not head.strip():
            return
        if not xml_stream.has_root(head, _ROOTS):
            return
        for event, element in xml_stream.events(xml_stream.Bounded(content, MAX_BYTES), _TAGS):
            if event == "start":
                continue
            kind = _KINDS.get(element.tag)
            if kind is not None and (kind != "atom" or element.get("rel") == "enclosure"):
                found.append((kind, _attributes_of(element), element.sourceline, _column_tag(element)))
            if element.tag in ("item", f"{{{_ATOM}}}entry"):
                xml_stream.release(element)


def _column_tag(element: Any) -> str:
    name = str(element.tag).rpartition("}")[2]
    return f":{name}" if element.prefix else name


def _attributes_of(element: Any) -> dict[str, str]:
    return {str(name): str(value).strip() for name, value in element.attrib.items()}
