"""Files that the linked style sheets of a page load for its elements: backgrounds, masks, markers of lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from imageseo.layout.styles.tree import PageTree
from imageseo.model.image import PageScan, Span
from imageseo.web import urls
from imageseo.web.css.page_tree import TooMuchWork
from imageseo.web.css.style_selectors import compile_selector
from imageseo.web.css.stylesheets import StyleRule, StyleSheet


class Backgrounds:
    """The files that the sheets of a site load. With variants, visitors would load such an image twice."""

    def __init__(self, base_url: str | None) -> None:
        self._base_url = base_url
        self._files: dict[str, Mapping[str, list[StyleRule]]] = {}

    def add(self, path: str, sheet: StyleSheet) -> None:
        """Read which files a sheet loads, once. ``path``: its site path."""
        if path not in self._files:
            found: dict[str, list[StyleRule]] = {}
            for rule in sheet.rules:
                for url in rule.urls if not _is_for_print(rule) else ():
                    file = self._resolve(url, path, None)
                    if file is not None:
                        found.setdefault(file, []).append(rule)
            self._files[path] = found

    def of_page(self, page: str, html: bytes, scan: PageScan, sheets: Iterable[str]) -> dict[Span, str]:
        """Return the images whose file a rule also loads for an element of the page: tag -> the rule's selector.

        ``sheets``: site paths of the sheets of the page.
        """
        loaded = [files for path in sheets if (files := self._files.get(path))]
        if not loaded:
            return {}
        loading: dict[Span, list[StyleRule]] = {}
        for ref in scan.refs:
            file = self._resolve(ref.src, page, scan.base_href)
            rules = [rule for files in loaded for rule in files.get(file, ())] if file is not None else []
            if rules:
                loading[ref.span] = rules
        if not loading:
            return {}
        tree = PageTree(html, (), scan.charset)
        known = {id(rule): _matching(rule, tree) for rules in loading.values() for rule in rules}
        found = (
            (span, next(filter(None, (known[id(rule)] for rule in rules)), None)) for span, rules in loading.items()
        )
        return {span: selector for span, selector in found if selector is not None}

    def _resolve(self, url: str, page: str, base_href: str | None) -> str | None:
        found = urls.resolve(url, page=page, base_url=self._base_url, base_href=base_href)
        return found if isinstance(found, str) else None


def _matching(rule: StyleRule, tree: PageTree) -> str | None:
    """Return the selector of a rule that matches an element of the page, also one that may match; else None."""
    for text in rule.selectors:
        selector = compile_selector(text)
        try:
            nodes = tree.candidates(selector.subject)
            if not selector.is_parsed or any(selector.possible(tree.element(node)) for node in nodes):
                return text
        except TooMuchWork:
            return text
    return None


def _is_for_print(rule: StyleRule) -> bool:
    return any(query.strip().lower() == "print" for query in rule.context.media)
