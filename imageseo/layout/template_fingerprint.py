"""Fingerprint of a page's template: the elements around its article, and the sidebars next to them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import lru_cache

from imageseo.model.image import PageScan
from imageseo.web.html.attributes import read
from imageseo.web.html.edits import strip
from imageseo.web.html.landmarks import Element, Region, region
from imageseo.web.html.tokenizer import walk

_CONTAINER_TAGS = frozenset(
    {"html", "body", "div", "main", "article", "section", "aside", "nav", "header", "footer", "form"}
    | {"table", "tbody", "tr", "td", "center"}
)
_TAGS = _CONTAINER_TAGS | {"style"}

# Classes from scripts, the visitor's state and the page's subject: not part of the theme's layout.
_VOLATILE_CLASS = re.compile(
    r"(?:no-)?js|(?:(?:is|has)-)?(?:active|current|selected|open|opened|expanded|collapsed|loaded|loading)"
    r"|(?:tag|category|author|term|slug|lang|locale)-.*|(?:post|page)(?:-?id)?-\d+.*|.*\d{5,}.*"
)
# Sidebars take width from the article; navigation bars above or below it do not.
_SIDEBAR = re.compile(r"side|toc|aside|rail|drawer|column|(?:^|[\s-])col-")
_NOT_SIDEBAR = re.compile(r"pag|prev|next|crumb|tabs|tags|share|skip|foot|head|search|dialog|overlay|banner")
_LAYOUT_DATA = re.compile(r"data-.*(?:layout|sidebar|toc|width|column|container|template)")
_LAYOUT_STYLE = re.compile(
    r"(?<![\w-])(?:(?:max-|min-)?width|display|float|flex[\w-]*|grid[\w-]*|column[\w-]*|margin[\w-]*|padding[\w-]*)"
    r"\s*:[^;{}]+"
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(slots=True)
class _LayoutElement:
    """An open element. ``layout``: its description; ``sidebars``: start and description of children that may take width
    from the article.
    """

    name: str
    layout: str
    start: int
    sidebars: list[tuple[int, str]] = field(default_factory=list)
    end: int = -1


def template_fingerprint(html: bytes, scan: PageScan) -> str:
    """Return a name shared by pages whose articles have the same layout, as ``article.md-content__inner-3fa9c1d2``.

    It depends on the elements around the article (else the body) with their classes, the sidebars next to them,
    whether these are hidden, and style sheets in the page; not on the page's content, nor on imageseo's edits.
    ``scan``: of the page, with or without these edits.
    """
    chain, several, rules = _find_ancestors(_remove_article(strip(html)), article=scan.article is not None)
    parts = [
        f"{element.layout}[{' '.join(layout for _, layout in _other_sidebars(element, chain))}]"
        for element in chain[:-1]
    ]
    last = chain[-1].layout if chain else "page"
    text = "\n".join([*parts, last, "several" if several else "", *rules])
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{re.split(r'[ #*]', last)[0]}-{digest}"


def _find_ancestors(page: bytes, *, article: bool) -> tuple[list[_LayoutElement], bool, list[str]]:
    """Return the elements from the root to the article, whether it is one of several, and layout rules of the page."""
    stack: list[_LayoutElement] = []
    found: list[tuple[Region, list[_LayoutElement]]] = []
    rules: list[str] = []
    text = page.decode("latin-1")
    for name, start, end, close in walk(page.lower().decode("latin-1"), _TAGS):
        if name == "style":
            rules += _layout_rules(text[end:close])
        elif name[0] == "/":
            index = next((i for i in range(len(stack) - 1, -1, -1) if stack[i].name == name[1:]), None)
            if index is not None and name not in ("/body", "/html"):
                for element in stack[index:]:
                    element.end = end
                del stack[index:]
        else:
            kind, layout, is_sidebar = _describe_element(name, text[start:end])
            if stack and is_sidebar:
                stack[-1].sidebars.append((start, layout))
            stack.append(_LayoutElement(name, layout, start))
            if kind in (Region.ARTICLE, Region.MAIN):
                found.append((kind, list(stack)))
            elif name == "body":
                body = list(stack)
                found.append((Region.PLAIN, body))
    for element in stack:
        element.end = len(text)
    chosen, several = _choose_article(found) if article else (None, False)
    plain = next((chain for kind, chain in found if kind is Region.PLAIN), [])
    return chosen or plain, several, rules


def _remove_article(page: bytes) -> bytes:
    """Remove the article's content, half of a page, where its bounds are certain and it contains no style sheet."""
    lowered = page.lower()
    for name in (b"article", b"main"):
        starts, ends = lowered.count(b"<" + name), lowered.count(b"</" + name)
        if starts == ends == 1:
            end = lowered.find(b"</" + name)
            start = lowered.find(b">", lowered.find(b"<" + name)) + 1
            return page[:start] + page[end:] if lowered.find(b"<style", start, end) < 0 and start < end else page
        if starts or ends:
            break
    return page


def _choose_article(found: list[tuple[Region, list[_LayoutElement]]]) -> tuple[list[_LayoutElement] | None, bool]:
    """Choose the article as ``scan_page`` does: the only one of ``<main>``, else ``<main>``, else the first."""
    main = next((chain for kind, chain in found if kind is Region.MAIN), None)
    articles: list[list[_LayoutElement]] = []
    for kind, chain in found:
        if kind is Region.ARTICLE and not any(article[-1] in chain[:-1] for article in articles):
            articles.append(chain)
    if main is None:
        return (articles[0] if articles else None), len(articles) > 1
    inside = [chain for chain in articles if main[-1] in chain]
    return (inside[0] if len(inside) == 1 else main), len(inside) > 1


def _other_sidebars(parent: _LayoutElement, chain: list[_LayoutElement]) -> list[tuple[int, str]]:
    starts = {element.start for element in chain}
    return [(start, layout) for start, layout in parent.sidebars if start not in starts]


@lru_cache(maxsize=4096)  # the pages of a site share nearly all of these tags
def _describe_element(name: str, source: str) -> tuple[Region, str, bool]:
    """Return an element's region, a description of its layout, and whether it may be a sidebar of the article."""
    values = read(source, 1 + len(name))
    classes = values.get("class", "").split()
    stable = sorted({name for name in classes if not _VOLATILE_CLASS.fullmatch(name.lower())})
    style = values.get("style", "").lower()
    hidden = "hidden" in values or re.search(r"display\s*:\s*none", style) is not None
    data = sorted(f"{key}={value}" for key, value in values.items() if _LAYOUT_DATA.fullmatch(key))
    details = [f"dir={values['dir']}"] if values.get("dir", "ltr") != "ltr" else []
    details += [
        *data,
        *(_collapse_spaces(each) for each in _LAYOUT_STYLE.findall(style)),
        *(["hidden"] if hidden else []),
    ]
    layout = ".".join([name, *stable]) + "".join(f" {detail}" for detail in details)
    labels = f"{values.get('class', '')} {values.get('id', '')}".lower()
    landmark = name in ("aside", "nav") or _SIDEBAR.search(labels) is not None
    ids = tuple(labels.split())
    kind = region(Element(name, values.get("role", "").strip().lower(), ids))
    return kind, layout, landmark and name not in ("html", "body") and not _NOT_SIDEBAR.search(labels)


@lru_cache(maxsize=256)
def _layout_rules(sheet: str) -> tuple[str, ...]:
    """Return the declarations of a style sheet that may affect an article's layout, each with its selector."""
    found = []
    for rule in re.finditer(r"([^{}]*)\{([^{}]*)\}", _COMMENT.sub("", sheet)):
        declared = _LAYOUT_STYLE.findall(rule[2].lower())
        if declared:
            found.append(f"{_collapse_spaces(rule[1])}{{{';'.join(map(_collapse_spaces, declared))}}}")
    return tuple(found)


def _collapse_spaces(text: str) -> str:
    return " ".join(text.split())
