"""Which edits of an image the style sheets of its page would turn into a change that visitors see."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import structs

from imageseo.layout.image_style import ImageStyle
from imageseo.layout.styles import presence
from imageseo.layout.styles.backgrounds import Backgrounds
from imageseo.layout.styles.cascade import RuleSet
from imageseo.layout.styles.found import NO_HAZARDS, Hazards
from imageseo.layout.styles.hazards import HazardRules
from imageseo.layout.styles.items import NO_ITEM
from imageseo.layout.styles.place import place_of
from imageseo.layout.styles.recent import Recent
from imageseo.model.image import ImageRef, PageRegion, PageScan, Span, StyleSource
from imageseo.web import urls
from imageseo.web.css import stylesheets
from imageseo.web.css.stylesheets import Context, StyleSheet
from imageseo.web.html import charset
from imageseo.web.html.bare_page import BarePage, bare_page

if TYPE_CHECKING:
    from imageseo.layout.styles.effects import Effects
    from imageseo.layout.styles.sizing import Concern
    from imageseo.layout.styles.tree import PageTree

_ELSEWHERE = ("http://", "https://", "//", "data:")  # the build leaves such images alone
_MAX_IMPORTS = 8  # one inside another
_MAX_SHEETS = 500  # of one page, with imports
_MAX_KEPT = 16  # combinations of sheets: more only where each page has styles of its own
# What libraries raise for input that they cannot take: the images of the page then count as the worst case.
_UNKNOWN = (RecursionError, UnicodeError, LookupError, ValueError, SyntaxError)
_ANY_ATTRIBUTE = ("class", "decoding", "fetchpriority", "height", "loading", "sizes", "srcset", "style", "width")


_HARMLESS = ImageStyle()
_WORST = ImageStyle(wrapper="*", picture="*", layered="*", attributes=dict.fromkeys(_ANY_ATTRIBUTE, "*"))


@dataclass(slots=True)
class _Sheets:
    """The sheets of some pages: site paths of those that were read, and their rules; ``None``: they are unknown."""

    paths: tuple[str, ...]
    hazards: HazardRules | None


class SiteStyles:
    """The style sheets of a built site. Each is read once; pages with the same sheets share what follows from them.

    ``read`` returns the bytes of a file of the site, ``None`` if it is missing. Sheets of other hosts are unknown and
    count as without effect.
    """

    def __init__(self, read: Callable[[str], bytes | None], base_url: str | None = None) -> None:
        self._read = read
        self._base_url = base_url
        self._files: dict[str, StyleSheet | None] = {}
        self._backgrounds = Backgrounds(base_url)
        self._pages: Recent[tuple[object, ...], _Sheets] = Recent(_MAX_KEPT)
        self._rules: Recent[object, tuple[HazardRules, list[StyleSheet]]] = Recent(_MAX_KEPT)
        self._inline: Recent[str, StyleSheet] = Recent(4 * _MAX_KEPT)  # the texts of <style>
        # The page whose elements were asked for.
        self._last: tuple[tuple[bytes, str], PageTree, Effects, dict[str, list[object]]] | None = None

    def sheets_of(self, page: str, html: bytes, scan: PageScan) -> tuple[str, ...]:
        """Return the site paths of the linked and imported sheets that were looked for, missing ones too."""
        return self._sheets(page, html, scan).paths

    def of_page(
        self, page: str, html: bytes, scan: PageScan, bare: BarePage | None = None
    ) -> Mapping[Span, ImageStyle]:
        """Return what the sheets mean for the images of a page, by the span of the tag; no entry for nothing.

        ``bare``: the page, if it was made. The answer follows from it alone: what no selector sees cannot change it.
        """
        if not scan.refs:
            return {}
        sheets = self._sheets(page, html, scan)
        if sheets.hazards is not None:
            bare = bare or bare_page(html, [ref.span for ref in scan.refs])
            refs = tuple(replace(ref, span=span) for ref, span in zip(scan.refs, bare.spans, strict=True))
            with suppress(*_UNKNOWN):
                bare_scan = replace(scan, refs=refs)
                found = dict(self._by_rules(sheets.hazards, bare.html, bare_scan))
                for span, selector in self._backgrounds.of_page(page, bare.html, bare_scan, sheets.paths).items():
                    found[span] = structs.replace(found.get(span, _HARMLESS), background=selector)
                return {ref.span: found[span] for ref, span in zip(scan.refs, bare.spans, strict=True) if span in found}
        return {ref.span: _WORST for ref in scan.refs}

    def hides(self, page: str, html: bytes, scan: PageScan, name: str, number: int, count: int) -> bool:
        """Whether the sheets hide an element on all screens: the one with this number of ``count`` with a name."""
        from imageseo.layout.styles.effects import Effects
        from imageseo.layout.styles.tree import PageTree
        from imageseo.web.css.page_tree import TooMuchWork, scanned_elements

        rules = self._sheets(page, html, scan).hazards
        if rules is None or not rules.hiding:
            return False
        with suppress(*_UNKNOWN, TooMuchWork):
            key = (html, scan.charset)
            if self._last is None or self._last[0] != key:
                tree = PageTree(html, (), scan.charset)
                self._last = (key, tree, Effects(rules.rules, tree), {})
            _, tree, effects, by_name = self._last
            if name not in by_name:
                by_name[name] = scanned_elements(tree.root, name)
            nodes = by_name[name]
            return len(nodes) == count and effects.hidden(nodes[number]) is not None
        return False

    def may_set(self, concern: Concern, page: str, html: bytes, scan: PageScan, ref: ImageRef) -> bool:
        """Whether the sheets could set something of an image: its size, or what is painted behind it."""
        from imageseo.web.css.page_tree import TooMuchWork

        rules = self._sheets(page, html, scan).hazards
        with suppress(*_UNKNOWN, TooMuchWork):
            return rules is None or rules.setting(concern).may_apply(ref, html, scan)
        return True

    def _by_rules(self, rules: HazardRules, html: bytes, scan: PageScan) -> Mapping[Span, ImageStyle]:
        open_cases: dict[Span, Hazards] = {}
        for ref in scan.refs:
            if ref.src.startswith(_ELSEWHERE) and not (self._base_url and ref.src.startswith(self._base_url)):
                continue
            hazards = rules.of(ref, place_of(html, ref.span.start), scan.charset)
            if hazards:
                open_cases[ref.span] = hazards
        hidden = frozenset(rules.hiding.images(html, scan.refs))
        for span in hidden - open_cases.keys():
            open_cases[span] = NO_HAZARDS
        if not open_cases:
            return {}
        open_cases = presence.on_page(open_cases, hidden, html, scan.charset)
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
            hazards = None
            with suppress(*_UNKNOWN):
                read = list(islice(self._all(page, html, scan, paths), _MAX_SHEETS + 1))
                is_known = len(read) <= _MAX_SHEETS and not any(sheet.is_skipped for sheet, _ in read)
                hazards = self._hazards(read) if is_known else None
            found = self._pages.keep(key, _Sheets(tuple(paths), hazards))
        return found

    def _hazards(self, read: Sequence[tuple[StyleSheet, Context]]) -> HazardRules:
        """Return what follows from sheets; pages of other folders have the same."""
        same = tuple((id(sheet), context) for sheet, context in read)
        found = self._rules.get(same)
        if found is None:
            # With the sheets, so that no other sheet gets the id of one of these.
            found = self._rules.keep(same, (HazardRules(RuleSet(read)), [sheet for sheet, _ in read]))
        return found[0]

    def _all(
        self, page: str, html: bytes, scan: PageScan, paths: dict[str, None]
    ) -> Iterator[tuple[StyleSheet, Context]]:
        for source in scan.styles:
            context = Context(media=(source.media,) if source.media.strip() else ())
            if source.content is not None:
                text = html[source.content.start : source.content.end].decode(scan.charset, "replace")
                sheet = self._inline.get(text) or self._inline.keep(text, stylesheets.parse(text))
                yield from self._imported(sheet, context, page, scan.base_href, paths, ())
            else:
                path = self._path(source, page, scan.base_href)
                if path is not None:
                    yield from self._file(path, context, paths, ())

    def _path(self, source: StyleSource, page: str, base_href: str | None) -> str | None:
        found = urls.resolve(source.href or "", page=page, base_url=self._base_url, base_href=base_href)
        return found if isinstance(found, str) else None

    def _file(
        self, path: str, context: Context, paths: dict[str, None], outer: tuple[str, ...]
    ) -> Iterator[tuple[StyleSheet, Context]]:
        paths[path] = None
        if path not in self._files:
            data = self._read(path)
            self._files[path] = None if data is None else stylesheets.parse(charset.decode_sheet(data))
        sheet = self._files[path]
        if sheet is not None:
            self._backgrounds.add(path, sheet)
            yield from self._imported(sheet, context, path, None, paths, (*outer, path))

    def _imported(
        self,
        sheet: StyleSheet,
        context: Context,
        page: str,
        base_href: str | None,
        paths: dict[str, None],
        outer: tuple[str, ...],
    ) -> Iterator[tuple[StyleSheet, Context]]:
        """Yield a sheet after those that it imports. ``outer``: the files that import each other, down to it."""
        for each in sheet.imports if len(outer) <= _MAX_IMPORTS else ():
            path = self._path(StyleSource(each.url, None, ""), page, base_href)
            if path is not None and path not in outer:  # browsers, too, leave out what would import itself
                layers = [name for name in (context.layer, each.context.layer) if name]
                inner = Context(
                    media=(*context.media, *each.context.media),
                    layer=".".join(layers) or None,
                    maybe=context.maybe or each.context.maybe,
                )
                yield from self._file(path, inner, paths, outer)
        yield sheet, context


def _decide(
    open_cases: Mapping[Span, Hazards], hidden: Set[Span], html: bytes, scan: PageScan, rules: HazardRules
) -> Iterator[tuple[Span, ImageStyle]]:
    """Look at the images in the tree of the page."""
    from imageseo.layout.styles.effects import Effects
    from imageseo.layout.styles.tree import PageTree
    from imageseo.web.css.page_tree import TooMuchWork

    tree = PageTree(html, scan.refs, scan.charset)
    effects = Effects(rules.rules, tree)
    refs = {ref.span: ref for ref in scan.refs}
    for span, hazards in open_cases.items():
        node, found = tree.images.get(span), None
        if node is not None:
            with suppress(TooMuchWork):
                found = _look(effects, node, refs[span], hazards, span in hidden)
        found = found or _guess(hazards)
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

    container = "style=display" if hazards.in_container else None
    return ImageStyle(
        wrapper=first(hazards.wrapper or hazards.inherit),
        picture=first(hazards.picture),
        natural_size=first(hazards.size) or ("style=height" if hazards.inline else None),
        automatic=first(hazards.automatic),
        stretched=first(hazards.container) or container,
        contained=first(hazards.container) or container,
        layered=first(hazards.layered),
        attributes={name: rule.selector.text for rule, name, _ in reversed(hazards.attributes)},
    )
