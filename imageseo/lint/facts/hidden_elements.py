"""Which elements of a page the site's style sheets hide, for elements that are no images of its scan."""

from __future__ import annotations

from imageseo.layout.style_cache import StyleCache
from imageseo.model.image import PageScan
from imageseo.web.markup.elements import MarkupElement, PageElements


class HiddenElements:
    """Answers for single elements, since few are asked for. Holds no facts, which would be kept with it."""

    def __init__(self, styles: StyleCache, page: str, html: bytes, scan: PageScan, elements: PageElements) -> None:
        self._styles = styles
        self._page = page
        self._html = html
        self._scan = scan
        self._elements = elements
        self._numbers: dict[str, dict[int, int]] = {}

    def hides(self, element: MarkupElement) -> bool:
        """Whether the page's style sheets hide an element, on all screens."""
        name = element.node.tag
        numbers = self._numbers.get(name)
        if numbers is None:
            same = self._elements.named(name)
            numbers = self._numbers[name] = {each.offset: number for number, each in enumerate(same)}
        number = numbers.get(element.offset)
        return number is not None and self._styles.hides(self._page, self._html, self._scan, name, number, len(numbers))
