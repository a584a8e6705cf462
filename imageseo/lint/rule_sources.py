"""Where rules come from: WCAG, rules of ACT, axe, Lighthouse and html-validate, sections of the HTML standard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

WCAG = "WCAG"
ACT = "ACT"
HTML = "HTML"

_CRITERIA = {
    "1.1.1": ("Non-text Content", "non-text-content"),
    "2.1.1": ("Keyboard", "keyboard"),
    "2.4.4": ("Link Purpose (In Context)", "link-purpose-in-context"),
    "4.1.2": ("Name, Role, Value", "name-role-value"),
}
_ACT_RULES = {
    "23a2a8": "Image has non-empty accessible name",
    "46ca7f": "Element marked as decorative is not exposed",
    "59796f": "Image button has non-empty accessible name",
    "7d6734": "SVG element with explicit role has non-empty accessible name",
    "8fc3b6": "Object element rendering non-text content has non-empty accessible name",
    "97a4e1": "Button has non-empty accessible name",
    "9eb3f6": "Image filename is accessible name for image",
    "c487ae": "Link has non-empty accessible name",
    "qt1vmo": "Image accessible name is descriptive",
}
_SECTIONS = {
    # A word for a section of the HTML standard: its title, its page and its place there.
    "alt": ("Requirements for providing text to act as an alternative for images", "images.html#alt"),
    "area": ("The area element", "image-maps.html#the-area-element"),
    "attributes": ("Attributes", "syntax.html#attributes-2"),
    "dimensions": ("Dimension attributes", "embedded-content-other.html#dimension-attributes"),
    "fetchpriority": ("Fetch priority attributes", "urls-and-fetching.html#fetch-priority-attributes"),
    "img": ("The img element", "embedded-content.html#the-img-element"),
    "input": ("Image Button state", "input.html#image-button-state-(type=image)"),
    "link": ("The link element", "semantics.html#the-link-element"),
    "loading": ("Lazy loading attributes", "urls-and-fetching.html#lazy-loading-attributes"),
    "map": ("Image maps", "image-maps.html#image-maps"),
    "object": ("The object element", "iframe-embed-object.html#the-object-element"),
    "picture": ("The picture element", "embedded-content.html#the-picture-element"),
    "preload": ('Link type "preload"', "links.html#link-type-preload"),
    "sizes": ("Sizes attributes", "images.html#sizes-attributes"),
    "source": ("The source element", "embedded-content.html#the-source-element"),
    "srcset": ("Srcset attributes", "images.html#srcset-attributes"),
}
_AUDITS = {
    "cls-culprits-insight": "https://developer.chrome.com/docs/performance/insights/cls-culprit",
    "image-aspect-ratio": "https://developer.chrome.com/docs/lighthouse/best-practices/image-aspect-ratio/",
    "image-delivery-insight": "https://developer.chrome.com/docs/performance/insights/image-delivery",
    "image-size-responsive": "https://developer.chrome.com/docs/lighthouse/best-practices/image-size-responsive/",
    "lcp-discovery-insight": "https://developer.chrome.com/docs/performance/insights/lcp-discovery",
    "unsized-images": "https://web.dev/articles/optimize-cls#images_without_dimensions",
}
_GOOGLE = {
    "article": ("Article structured data", "appearance/structured-data/article"),
    "image-metadata": ("Image metadata", "appearance/structured-data/image-license-metadata"),
    "image-sitemaps": ("Image sitemaps", "crawling-indexing/sitemaps/image-sitemaps"),
    "images": ("Image SEO best practices", "appearance/google-images"),
    "robots-meta": ("Robots meta tag", "crawling-indexing/robots-meta-tag"),
}
KINDS = (WCAG, ACT, "axe", "Lighthouse", "html-validate", HTML, "Google")
"""In the order in which they are shown."""


class RuleSource(NamedTuple):
    """One origin of a rule: ``kind`` and ``id`` name it, ``tag`` is a word for filters of other tools."""

    kind: str
    id: str
    title: str
    url: str
    tag: str

    @property
    def name(self) -> str:
        """Its name for people: ``WCAG 1.1.1 Non-text Content``, ``axe image-alt``."""
        if self.kind in (HTML, "Google"):
            return f"{'HTML standard' if self.kind == HTML else 'Google Search'}: {self.title}"
        return f"{self.kind} {self.id}" + (f" {self.title}" if self.title else "")


def _wcag(identifier: str) -> RuleSource:
    title, page = _CRITERIA[identifier]
    url = f"https://www.w3.org/WAI/WCAG22/Understanding/{page}.html"
    return RuleSource(WCAG, identifier, title, url, f"wcag{identifier.replace('.', '')}")


def _act(identifier: str) -> RuleSource:
    url = f"https://www.w3.org/WAI/standards-guidelines/act/rules/{identifier}/"
    return RuleSource(ACT, identifier, _ACT_RULES[identifier], url, f"act-{identifier}")


def _axe(identifier: str) -> RuleSource:
    return RuleSource(
        "axe", identifier, "", f"https://dequeuniversity.com/rules/axe/4.14/{identifier}", f"axe-{identifier}"
    )


def _lighthouse(identifier: str) -> RuleSource:
    url = _AUDITS.get(identifier) or _axe(identifier).url  # Lighthouse runs axe, and names its pages
    return RuleSource("Lighthouse", identifier, "", url, f"lighthouse-{identifier}")


def _html_validate(identifier: str) -> RuleSource:
    url = f"https://html-validate.org/rules/{identifier}.html"
    return RuleSource("html-validate", identifier, "", url, f"html-validate-{identifier.replace('/', '-')}")


def _html(identifier: str) -> RuleSource:
    title, place = _SECTIONS[identifier]
    return RuleSource(HTML, identifier, title, f"https://html.spec.whatwg.org/multipage/{place}", f"html-{identifier}")


def _google(identifier: str) -> RuleSource:
    title, page = _GOOGLE[identifier]
    url = f"https://developers.google.com/search/docs/{page}"
    return RuleSource("Google", identifier, title, url, f"google-{identifier}")


_MAKERS: Mapping[str, Callable[[str], RuleSource]] = {
    WCAG: _wcag,
    ACT: _act,
    "axe": _axe,
    "Lighthouse": _lighthouse,
    "html-validate": _html_validate,
    HTML: _html,
    "Google": _google,
}


def sources_of(names: Iterable[str]) -> tuple[RuleSource, ...]:
    """Return the sources that a rule names: ``WCAG 1.1.1``, ``axe image-alt``. Raises LookupError for any other."""
    found = []
    for name in names:
        kind, _, identifier = name.partition(" ")
        make = _MAKERS.get(kind)
        if make is None or not identifier:
            raise LookupError(f"{name!r} is no source; one begins with {', '.join(KINDS)}")
        try:
            found.append(make(identifier))
        except KeyError:
            raise LookupError(f"{name!r} is not known; {kind} has {', '.join(sorted(_KNOWN[kind]))}") from None
    return tuple(sorted(found, key=lambda source: (KINDS.index(source.kind), source.id)))


_KNOWN: Mapping[str, Iterable[str]] = {WCAG: _CRITERIA, ACT: _ACT_RULES, HTML: _SECTIONS, "Google": _GOOGLE}
