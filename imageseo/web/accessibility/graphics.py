"""The images of one page that readers hear of: what is an image, what it is called, and which controls it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from imageseo.web.accessibility.names import AccessibleNames, Name, is_blank
from imageseo.web.accessibility.roles import (
    BUTTON_ROLES,
    GRAPHIC_ROLES,
    LINK_ROLES,
    NONE_ROLES,
    UNNAMED_ROLES,
    exposing_attribute,
    is_focusable,
    role_of,
    written_role,
)
from imageseo.web.markup.elements import MAX_FOUND, MarkupElement, PageElements

if TYPE_CHECKING:
    from turbohtml import Element

# What may make the text of a control something else than what readers hear of it.
_NOT_PLAIN = (
    "[hidden],[aria-hidden],[inert],[style],[aria-label],script,style,template,noscript,desc,metadata,defs,svg title"
)
_INERT = frozenset({"svg", "math", "template"})  # as in html/tree.py, which loads the parser
_CONTROLS = frozenset({"a", "button", "summary"})


class Graphic:
    """One element that shows an image, or a link or button around some."""

    def __init__(
        self,
        element: MarkupElement,
        names: AccessibleNames,
        hidden_by_styles: Callable[[MarkupElement], bool],
        *,
        content: bool = False,
    ) -> None:
        self.element = element
        self._names = names
        self._hidden_by_styles = hidden_by_styles
        self._content = content

    @property
    def values(self) -> Mapping[str, str]:
        return self.element.values

    @cached_property
    def name(self) -> Name:
        """Its accessible name."""
        return self._names.of(self.element.node, content=self._content)

    @cached_property
    def is_hidden(self) -> bool:
        """Whether it is hidden from assistive technology."""
        return self._names.hidden.is_hidden(self.element.node) or self._hidden_by_styles(self.element)

    @property
    def role(self) -> str | None:
        """The role that counts, of those that the author gives."""
        return role_of(self.element.node.tag, self.element.node.attr)

    @property
    def is_decorative(self) -> bool:
        """Whether its role says that it shows nothing, without anything that makes that void."""
        return self.role in NONE_ROLES

    @property
    def needs_name(self) -> bool:
        """Whether its role asks for a name; a separator that the keyboard reaches does."""
        node, role = self.element.node, self.role
        if role in NONE_ROLES:
            return False
        return role not in UNNAMED_ROLES or is_focusable(node.tag, node.attr)

    @property
    def conflict(self) -> str | None:
        """What exposes it although its role says that it shows nothing: an attribute, "" for its kind of element."""
        return exposing_attribute(self.element.node.tag, self.element.node.attr)

    @property
    def has_void_role(self) -> bool:
        """Whether it has ``role=none``, and something that makes that void."""
        return written_role(self.element.node.attr) in NONE_ROLES and not self.is_decorative

    @property
    def missing_references(self) -> tuple[str, ...]:
        """The ids in ``aria-labelledby`` that no element has."""
        return self._names.missing_references(self.element.node)


class PageGraphics:
    """The images of one page and the links and buttons around them.

    ``hidden_by_styles``: whether the site's style sheets hide an element; asked only where it matters.
    ``drawings``: whether to look for links that show nothing but SVG, which needs the tree of every page.
    """

    def __init__(
        self,
        elements: PageElements,
        *,
        hidden_by_styles: Callable[[MarkupElement], bool] = lambda element: False,
        drawings: bool = True,
    ) -> None:
        self.elements = elements
        self.names = AccessibleNames(elements)
        self.has_drawings = drawings
        self._hidden_by_styles = hidden_by_styles

    def _graphic(self, element: MarkupElement, *, content: bool = False) -> Graphic:
        return Graphic(element, self.names, self._hidden_by_styles, content=content)

    @cached_property
    def images(self) -> tuple[Graphic | None, ...]:
        """Every ``<img>``, in the order of the scan; None of one that the parser adds."""
        from imageseo.web.html import tree

        elements = (self.elements.element(each) for each in tree.images(self.elements.document))
        return tuple(None if each is None else self._graphic(each) for each in elements)

    def image(self, number: int) -> Graphic | None:
        """Return an image of the page by its number in the scan."""
        return self.images[number] if number < len(self.images) else None

    def inputs(self) -> Iterator[Graphic]:
        """Yield each ``<input type=image>``."""
        for each in self.elements.named("input"):
            if (each.node.attr("type") or "").strip().lower() == "image":
                yield self._graphic(each)

    def areas(self) -> Iterator[Graphic]:
        """Yield each ``<area>`` of a map that is a link."""
        for each in self.elements.named("area"):
            if each.node.attr("href") is not None:
                yield self._graphic(each)

    def objects(self) -> Iterator[Graphic]:
        """Yield each ``<object>``."""
        for each in self.elements.named("object"):
            yield self._graphic(each)

    def by_role(self) -> Iterator[Graphic]:
        """Yield every element that is an image by its role only, those of SVG included."""
        from imageseo.web.html import tree

        for node in islice(self._with_role, MAX_FOUND):
            role = role_of(node.tag, node.attr)
            if role not in GRAPHIC_ROLES or (tree.is_html(node) and node.tag in ("img", "area", "input", "object")):
                continue
            if any(getattr(each, "tag", "") == "template" for each in node.ancestors):
                continue
            element = self.elements.element(node)
            if element is not None:
                yield self._graphic(element)

    def drawn_decorations(self) -> Iterator[Graphic]:
        """Yield each ``<svg>`` whose role says that it shows nothing."""
        for node in self._with_role:
            if node.tag == "svg" and written_role(node.attr) in NONE_ROLES:
                element = self.elements.element(node)
                if element is not None:
                    yield self._graphic(element)

    @cached_property
    def _with_role(self) -> list[Element]:
        """The elements with a role; an attribute is looked for in the tree much faster than in the text."""
        return self.elements.document.select("[role]")

    @cached_property
    def controls(self) -> Mapping[Element, list[Element]]:
        """Every link and button with images in it: nearest one around an image -> its images, drawings included."""
        found: dict[Element, list[Element]] = {}
        known: dict[Element, Element | None] = {}
        with_role = set(self._with_role)
        images = [each.element.node for each in self.images if each is not None]
        if self.has_drawings:
            images += [each for name in ("svg", "object") for each in self.elements.document.find_all(name)]
        for image in images:
            control = _control(image, known, with_role)
            if control is not None:
                found.setdefault(control, []).append(image)
        return found

    def unnamed(self, control: Element) -> Graphic | None:
        """Return a link or button if it is exposed and has no name; None if it has one."""
        for name in ("aria-label", "title"):
            value = control.attr(name)
            if value and not is_blank(self.elements.decode_node(value)):
                return None
        text = control.text
        is_plain = text and control.select_one(_NOT_PLAIN) is None and not is_blank(self.elements.decode_node(text))
        element = None if is_plain else self.elements.element(control)
        if element is None:
            return None
        graphic = self._graphic(element, content=True)
        if not is_blank(graphic.name.text) or graphic.is_hidden:
            return None
        return graphic


def _control(image: Element, known: dict[Element, Element | None], with_role: Set[Element]) -> Element | None:
    """Return the nearest link or button around an image, or the image itself if it is one; none for one in another."""
    path: list[Element] = []
    control: Element | None = None
    node: Any = image
    while hasattr(node, "attr"):
        if node in known:
            control = known[node]
            break
        path.append(node)
        tag = node.tag
        if (tag in _CONTROLS or node in with_role) and _is_control(node, with_role):
            control = node
            break
        if tag in _INERT and node is not image:
            break
        node = node.parent
    known.update(dict.fromkeys(path, control))
    return control


def _is_control(node: Element, with_role: Set[Element]) -> bool:
    """Whether an element is a link or a button."""
    role = role_of(node.tag, node.attr) if node in with_role else None
    if role is not None:
        return role in LINK_ROLES or role in BUTTON_ROLES
    return node.tag in _CONTROLS and (node.tag != "a" or node.attr("href") is not None)


def is_link(node: Element) -> bool:
    """Whether a link or button is a link; one with an address is, whatever its role."""
    if node.tag == "a" and node.attr("href") is not None:
        return True
    role = role_of(node.tag, node.attr) if node.attr("role") else None
    return role in LINK_ROLES
