"""The JSON-LD that a theme or a plug-in wrote, as what may get a page's images: its pages, articles and images."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from imageseo.web.structured_data import vocabulary
from imageseo.web.structured_data.parser import content_range, context_terms, without_prefix
from imageseo.web.structured_data.schema_org import IMAGE_TYPES

PAGES = frozenset(
    (
        *("WebPage", "AboutPage", "CheckoutPage", "CollectionPage", "ContactPage", "FAQPage", "ItemPage"),
        *("MedicalWebPage", "ProfilePage", "QAPage", "RealEstateListing", "SearchResultsPage", "MediaGallery"),
    )
)
ARTICLES = frozenset(vocabulary.ARTICLE_TYPES.split())
_RIGHTS = ("creator", "creditText", "copyrightNotice", "license", "acquireLicensePage", "digitalSourceType")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeNode:
    """One object. ``block``: index of its block. ``path``: in the block. ``top``: of a block or its ``@graph``, or the
    main entity of one. ``value``: its properties, without the prefix ``schema:``. ``plain``: its names are those of
    schema.org, without prefixes.
    """

    block: int
    path: tuple[str | int, ...]
    top: bool
    value: Mapping[str, Any] = field(repr=False)
    plain: bool

    @property
    def types(self) -> set[str]:
        """Names of its types without vocabulary and prefix."""
        declared = self.value.get("@type")
        names = declared if isinstance(declared, list) else [declared]
        return {name.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for name in names if isinstance(name, str)}

    @property
    def id(self) -> str | None:
        """Its ``@id`` as written."""
        declared = self.value.get("@id")
        return declared if isinstance(declared, str) else None

    def tells_page(self, page_url: str) -> bool | None:
        """Whether it states that it is about this page (True) or another one (False); None if it does not say."""
        main = self.value.get("mainEntityOfPage")
        main = main.get("@id") or main.get("url") if isinstance(main, Mapping) else main
        stated = [self.value.get("url"), main, self.id]
        found = [_page_key(urljoin(page_url, each)) for each in stated if isinstance(each, str) and _is_url(each)]
        if not found:
            return None
        return _page_key(page_url) in found


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeJsonLd:
    """The blocks of a page. ``strict``: indices of those that every JSON parser reads. ``problems``: of those that
    cannot be read.
    """

    nodes: tuple[ThemeNode, ...]
    strict: frozenset[int]
    problems: tuple[str, ...]

    def pages(self, page_url: str) -> list[ThemeNode]:
        """Return the nodes of the page itself."""
        return [each for each in self.nodes if each.types & PAGES and each.tells_page(page_url) is not False]

    def has_other_page(self, page_url: str) -> bool:
        """Whether the main node of a block is a page with another address: it may be an alias of this page."""
        return any(each.top and each.types & PAGES and each.tells_page(page_url) is False for each in self.nodes)

    def articles(self, page_url: str) -> list[ThemeNode]:
        """Return the articles of the page: those that say so, else all that do not name another page."""
        found = [each for each in self.nodes if each.top and each.types & ARTICLES]
        told = [(each, each.tells_page(page_url)) for each in found]
        own = [each for each, tells in told if tells]
        return own or [each for each, tells in told if tells is None]

    def images(self, page_url: str) -> dict[str, list[ThemeNode]]:
        """Return absolute URL of each image's file -> the nodes that describe it."""
        found: dict[str, list[ThemeNode]] = {}
        for each in self.nodes:
            if each.types & IMAGE_TYPES:
                for url in dict.fromkeys(urls_of(each.value, page_url)):
                    found.setdefault(url, []).append(each)
        return found

    def with_id(self, name: str | None, page_url: str) -> list[ThemeNode]:
        """Return every node with an absolute ``@id``."""
        return [each for each in self.nodes if name and each.id is not None and urljoin(page_url, each.id) == name]


def read(existing: Sequence[str]) -> ThemeJsonLd:
    """Parse the contents of a page's blocks. A line break in a string is accepted, as in some themes."""
    nodes: list[ThemeNode] = []
    strict: set[int] = set()
    problems: list[str] = []
    for number, text in enumerate(existing):
        begin, stop = content_range(text)
        try:
            root = json.loads(text[begin:stop], strict=False)
        except (ValueError, RecursionError) as error:
            problems.append(f"JSON-LD block {number + 1} of the page cannot be read: {error}")
            continue
        if _is_strict(text[begin:stop]):
            strict.add(number)
        nodes += _nodes(number, root)
    return ThemeJsonLd(nodes=tuple(nodes), strict=frozenset(strict), problems=tuple(problems))


def urls_of(image: Mapping[str, Any], page_url: str) -> Iterator[str]:
    """Yield the absolute URLs of an image's file."""
    for key in ("contentUrl", "url"):
        address = image.get(key)
        if isinstance(address, str) and address.strip():
            yield urljoin(page_url, address.strip())


def conflicts(theme: ThemeJsonLd, page_url: str) -> Iterator[str]:
    """Yield a clause for each image that two ImageObjects describe differently, or for which two files are named."""
    for url, nodes in theme.images(page_url).items():
        for name in (*_RIGHTS, "width", "height"):
            values = {_comparable(each.value[name]): None for each in nodes if each.value.get(name)}
            if len(values) > 1:
                yield f"two ImageObjects of {url} differ in {name}: {' and '.join(list(values)[:2])}"
    files: dict[str, set[str]] = {}
    for each in theme.nodes:
        if each.types & IMAGE_TYPES and each.id is not None and isinstance(each.value.get("contentUrl"), str):
            files.setdefault(urljoin(page_url, each.id), set()).update(urls_of({**each.value, "url": ""}, page_url))
    for name, found in files.items():
        if len(found) > 1:
            yield f"two ImageObjects have the @id {name}, but name different files"


def _comparable(value: Any) -> str:
    """Return what a value says, whatever its form: ``1200``, ``"1200 px"``, a QuantitativeValue; a name, a Person."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in ("value", "name", "url", "@id") if value.get(key)), value)
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    text = text.strip().removesuffix("px").strip().removesuffix("/")
    return text.rpartition("/")[2] if "DigitalSource" in text else text.removesuffix(".0")


def _nodes(block: int, root: Any) -> Iterator[ThemeNode]:
    """Yield every node in document order."""
    waiting: list[tuple[Any, tuple[str | int, ...], bool, frozenset[str] | None]] = [(root, (), True, None)]
    while waiting:
        item, path, top, terms = waiting.pop()
        children: list[tuple[str | int, Any, bool]] = []
        if isinstance(item, dict):
            terms = context_terms(item["@context"], terms) if "@context" in item else terms
            value = without_prefix(item)
            yield ThemeNode(block=block, path=path, top=top, value=value, plain=value is item and terms is not None)
            children = [(key, inner, top and key in ("@graph", "mainEntity")) for key, inner in item.items()]
        elif isinstance(item, list):
            children = [(number, inner, top) for number, inner in enumerate(item)]
        waiting.extend((inner, (*path, key), is_top, terms) for key, inner, is_top in reversed(children))


def _is_strict(text: str) -> bool:
    def reject(name: str) -> None:
        raise ValueError(name)

    try:
        json.loads(text, parse_constant=reject)
    except ValueError:
        return False
    return True


def _is_url(text: str) -> bool:
    """Whether an ``@id`` or ``url`` is the address of a page, not only the name of a node (``#article``)."""
    return not text.strip().startswith(("#", "_:")) and bool(text.strip())


def _page_key(url: str) -> str:
    """Return the path of a URL without what servers may leave out. The host is that of a preview in some themes."""
    try:
        path = unquote(urlsplit(urldefrag(url).url).path)
    except ValueError:
        return url
    return path.removesuffix("index.html").removesuffix(".html").strip("/")
