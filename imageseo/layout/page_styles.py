"""Which edits of an image the style sheets of its page would turn into a change that visitors see."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imageseo.layout.styles.cascade import RuleSet
from imageseo.layout.styles.found import NO_HAZARDS, Hazards
from imageseo.layout.styles.hazards import HazardRules
from imageseo.layout.styles.items import NO_ITEM
from imageseo.layout.styles.place import place_of
from imageseo.model.image import ImageRef, PageRegion, PageScan, Span, StyleSource
from imageseo.web import urls
from imageseo.web.css import stylesheets
from imageseo.web.css.stylesheets import Context, StyleSheet
from imageseo.web.html import charset

if TYPE_CHECKING:
    from imageseo.layout.styles.effects import Effects

_BEFORE_NAME = frozenset(bytes((each,)) for each in b" \t\r\n\f\"'=")
_AFTER_NAME = frozenset(bytes((each,)) for each in b" \t\r\n\f\"'>/")
_ELSEWHERE = ("http://", "https://", "//", "data:")  # the build leaves such images alone
_MAX_MENTIONS = 100
_MAX_IMPORTS = 8  # one inside another


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageStyle:
    """What the page's style sheets mean for one ``<img>``. Each field holds the selector that is the reason.

    ``wrapper``: a ``<picture>`` around the image would change what this selector matches: ``figure > img``.
    ``picture``: it gives ``<picture>`` itself a box, which ``style="display:contents"`` on it would undo;
    ``picture_important``: but for its ``!important``.
    ``natural_size``: ``width`` and ``height`` attributes would change the shown size, because this selector sets a
    height, border or padding, and none sets a width.
    ``automatic``: the author's own ``width`` has no effect, because this selector sets ``width: auto``.
    ``stretched``: the same for an item of a flex or grid container that this selector makes one. With
    ``width: auto`` and ``height: auto`` such attributes, like those of ``natural_size``, change nothing.
    ``contained``: it makes the image an item that the size containment of ``sizes=auto`` would let shrink.
    ``layered``: it sets the width or height in a cascade layer: our ``auto``, which goes with such attributes and is in
    no layer, would win.
    ``attributes``: attributes that the build may add -> the selector that would match otherwise with that attribute.
    ``hidden``: it hides the image or an element around it, on all screens, in the page as loaded.
    """

    wrapper: str | None = None
    picture: str | None = None
    picture_important: bool = False
    natural_size: str | None = None
    automatic: str | None = None
    stretched: str | None = None
    contained: str | None = None
    layered: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    hidden: str | None = None


_HARMLESS = ImageStyle()


@dataclass(slots=True)
class _Sheets:
    """The sheets of some pages: site paths of those that were read, and their rules."""

    paths: tuple[str, ...]
    hazards: HazardRules


class SiteStyles:
    """The style sheets of a built site. Each is read once; pages with the same sheets share what follows from them.

    ``read`` returns the bytes of a file of the site, ``None`` if it is missing. Sheets of other hosts are unknown and
    count as without effect.
    """

    def __init__(self, read: Callable[[str], bytes | None], base_url: str | None = None) -> None:
        self._read = read
        self._base_url = base_url
        self._files: dict[str, StyleSheet | None] = {}
        self._pages: dict[tuple[object, ...], _Sheets] = {}
        self._rules: dict[tuple[tuple[int, Context], ...], HazardRules] = {}
        self._kept: list[StyleSheet] = []  # so that no other sheet gets the id of one of these

    def sheets_of(self, page: str, html: bytes, scan: PageScan) -> tuple[str, ...]:
        """Return the site paths of the linked and imported sheets that were looked for, missing ones too."""
        return self._sheets(page, html, scan).paths

    def of_page(self, page: str, html: bytes, scan: PageScan) -> Mapping[Span, ImageStyle]:
        """Return what the sheets mean for the images of a page, by the span of the tag; no entry for nothing."""
        if not scan.refs:
            return {}
        rules = self._sheets(page, html, scan).hazards
        open_cases: dict[Span, Hazards] = {}
        for ref in scan.refs:
            if ref.src.startswith(_ELSEWHERE) and not (self._base_url and ref.src.startswith(self._base_url)):
                continue
            hazards = rules.of(ref, place_of(html, ref.span.start))
            if hazards:
                open_cases[ref.span] = hazards
        hidden = frozenset(rules.hiding.images(html, scan.refs))
        for span in hidden - open_cases.keys():
            open_cases[span] = NO_HAZARDS
        if not open_cases:
            return {}
        open_cases = _present(open_cases, hidden, html, scan.charset)
        return dict(_decide(open_cases, hidden, html, scan, rules)) if open_cases else {}

    def _sheets(self, page: str, html: bytes, scan: PageScan) -> _Sheets:
        contents = tuple(html[each.content.start : each.content.end] for each in scan.styles if each.content)
        key = (
            posixpath.dirname(page),
            scan.base_href,
            scan.charset,
            tuple((each.href, each.media) for each in scan.styles),
            contents,
        )
        found = self._pages.get(key)
        if found is None:
            paths: dict[str, None] = {}
            read = list(self._all(page, html, scan, paths))
            same = tuple((id(sheet), context) for sheet, context in read)  # pages of other folders have the same
            hazards = self._rules.get(same)
            if hazards is None:
                hazards = self._rules[same] = HazardRules(RuleSet(read))
                self._kept += [sheet for sheet, _ in read]
            found = self._pages[key] = _Sheets(tuple(paths), hazards)
        return found

    def _all(
        self, page: str, html: bytes, scan: PageScan, paths: dict[str, None]
    ) -> Iterator[tuple[StyleSheet, Context]]:
        for source in scan.styles:
            context = Context(media=(source.media,) if source.media.strip() else ())
            if source.content is not None:
                text = html[source.content.start : source.content.end].decode(scan.charset, "replace")
                yield from self._imported(stylesheets.parse(text), context, page, scan.base_href, paths, 0)
            else:
                path = self._path(source, page, scan.base_href)
                if path is not None:
                    yield from self._file(path, context, paths, 0)

    def _path(self, source: StyleSource, page: str, base_href: str | None) -> str | None:
        found = urls.resolve(source.href or "", page=page, base_url=self._base_url, base_href=base_href)
        return found if isinstance(found, str) else None

    def _file(
        self, path: str, context: Context, paths: dict[str, None], depth: int
    ) -> Iterator[tuple[StyleSheet, Context]]:
        paths[path] = None
        if path not in self._files:
            data = self._read(path)
            self._files[path] = None if data is None else stylesheets.parse(_decode(data))
        sheet = self._files[path]
        if sheet is not None:
            yield from self._imported(sheet, context, path, None, paths, depth)

    def _imported(
        self, sheet: StyleSheet, context: Context, page: str, base_href: str | None, paths: dict[str, None], depth: int
    ) -> Iterator[tuple[StyleSheet, Context]]:
        for each in sheet.imports if depth < _MAX_IMPORTS else ():
            path = self._path(StyleSource(each.url, None, ""), page, base_href)
            if path is not None:
                layers = [name for name in (context.layer, each.context.layer) if name]
                inner = Context(
                    media=(*context.media, *each.context.media),
                    layer=".".join(layers) or None,
                    maybe=context.maybe or each.context.maybe,
                )
                yield from self._file(path, inner, paths, depth + 1)
        yield sheet, context


def _decode(data: bytes) -> str:
    if data.startswith(b'@charset "'):
        label = data[10:60].partition(b'"')[0].decode("latin-1")
        return data.decode(charset.codec(data, label), "replace")
    return data.decode("utf-8-sig", "replace")


def _present(open_cases: Mapping[Span, Hazards], hidden: Set[Span], html: bytes, codec: str) -> dict[Span, Hazards]:
    """Leave out rules that need a class or id that the page does not have."""
    names = {
        name
        for hazards in set(open_cases.values())
        for rule in hazards.rules()
        for name in rule.selector.classes | rule.selector.ids
    }
    present = {name: _names(html, name.encode(codec, "replace")) for name in names}
    kept = {hazards: hazards.on_page(present) for hazards in set(open_cases.values())}
    return {span: kept[hazards] for span, hazards in open_cases.items() if kept[hazards] or span in hidden}


def _names(html: bytes, name: bytes) -> bool:
    """Whether a page may have an element of this class or id; scripts and styles name more (``.name``, ``#name``)."""
    at = html.find(name)
    for _ in range(_MAX_MENTIONS):
        if at < 0:
            return False
        if html[at - 1 : at] in _BEFORE_NAME and html[at + len(name) : at + len(name) + 1] in _AFTER_NAME:
            return True
        at = html.find(name, at + 1)
    return True


def _decide(
    open_cases: Mapping[Span, Hazards], hidden: Set[Span], html: bytes, scan: PageScan, rules: HazardRules
) -> Iterator[tuple[Span, ImageStyle]]:
    """Look at the images in the tree of the page."""
    from imageseo.layout.styles.effects import Effects
    from imageseo.layout.styles.tree import PageTree

    tree = PageTree(html, scan.refs, scan.charset)
    effects = Effects(rules.rules, tree)
    refs = {ref.span: ref for ref in scan.refs}
    for span, hazards in open_cases.items():
        node = tree.images.get(span)
        found = _guess(hazards) if node is None else _look(effects, node, refs[span], hazards, span in hidden)
        if found != _HARMLESS:
            yield span, found


def _look(effects: Effects, node: object, ref: ImageRef, hazards: Hazards, inside_hidden: bool) -> ImageStyle:
    picture = effects.picture(node, hazards.picture) if ref.opt_out is None else None
    attributes: dict[str, str] = {}
    for rule, name, value in hazards.attributes:
        if name not in attributes:
            found = effects.attribute(node, name, value, [rule])
            if found is not None:
                attributes[name] = found
    sized = hazards.size or hazards.inline
    item = effects.item(node) if hazards.container or hazards.in_container else NO_ITEM
    natural = effects.natural_size(node, hazards.size) if sized else None
    wrapper = effects.wrapper(node, hazards.wrapper) if ref.opt_out is None else None
    if ref.opt_out is None and wrapper is None and (hazards.inherit or hazards.inline_inherit):
        wrapper = effects.inherited(node, hazards.inherit)
    lost = ("width", "height") if ref.region is not PageRegion.ARTICLE or natural or item.stretched else ("height",)
    return ImageStyle(
        wrapper=wrapper,
        picture=picture[0] if picture else None,
        picture_important=bool(picture and picture[1]),
        natural_size=natural,
        automatic=effects.automatic(node) if hazards.automatic and ref.get("width") is not None else None,
        stretched=item.stretched,
        contained=item.contained,
        layered=effects.layered(node, hazards.layered, lost) if hazards.layered else None,
        attributes=attributes,
        hidden=effects.hidden(node) if inside_hidden or hazards.hidden else None,
    )


def _guess(hazards: Hazards) -> ImageStyle:
    """Return the worst case, for an image that is not found in the tree."""

    def first(rules: Iterable[object]) -> str | None:
        return next((rule.selector.text for rule in rules), None)  # type: ignore[attr-defined]

    return ImageStyle(
        wrapper=first(hazards.wrapper or hazards.inherit),
        picture=first(hazards.picture),
        natural_size=first(hazards.size),
        automatic=first(hazards.automatic),
        stretched=first(hazards.container),
        contained=first(hazards.container),
        layered=first(hazards.layered),
        attributes={name: rule.selector.text for rule, name, _ in reversed(hazards.attributes)},
    )
