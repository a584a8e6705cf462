"""How a page is laid out, as a short name: the elements around its article, and the bars beside them."""

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

_HOLDERS = frozenset(
    {"html", "body", "div", "main", "article", "section", "aside", "nav", "header", "footer", "form"}
    | {"table", "tbody", "tr", "td", "center"}
)
_WANTED = _HOLDERS | {"style"}

# What scripts, visits and a page's own subject put into `class`: none of it is the theme's layout.
_PASSING = re.compile(
    r"(?:no-)?js|(?:(?:is|has)-)?(?:active|current|selected|open|opened|expanded|collapsed|loaded|loading)"
    r"|(?:tag|category|author|term|slug|lang|locale)-.*|(?:post|page)(?:-?id)?-\d+.*|.*\d{5,}.*"
)
# Beside the article, these take room from it; what leads from page to page stands above or below it.
_BESIDE = re.compile(r"side|toc|aside|rail|drawer|column|(?:^|[\s-])col-")
_ABOVE = re.compile(r"pag|prev|next|crumb|tabs|tags|share|skip|foot|head|search|dialog|overlay|banner")
_LAYOUT_DATA = re.compile(r"data-.*(?:layout|sidebar|toc|width|column|container|template)")
_LAYOUT_STYLE = re.compile(
    r"(?<![\w-])(?:(?:max-|min-)?width|display|float|flex[\w-]*|grid[\w-]*|column[\w-]*|margin[\w-]*|padding[\w-]*)"
    r"\s*:[^;{}]+"
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@dataclass(slots=True)
class _Open:
    """An element that holds others. ``beside``: what of its children may take room from the article."""

    name: str
    said: str
    start: int
    beside: list[tuple[int, str]] = field(default_factory=list)
    end: int = -1


def template_fingerprint(html: bytes, scan: PageScan) -> str:
    """A name that two pages share when their articles are laid out alike: ``article.md-content__inner-3fa9c1d2``.

    It follows from the elements around the article (else the body) with their classes, the bars beside them, whether
    these are hidden, and style sheets in the page; never from what the page is about, and not from our own edits.
    ``scan``: of the page, with our edits or without.
    """
    chain, several, sheets = _around(_hollow(strip(html)), article=scan.article is not None)
    parts = [f"{each.said}[{' '.join(said for _, said in _others(each, chain))}]" for each in chain[:-1]]
    last = chain[-1].said if chain else "page"
    whole = "\n".join([*parts, last, "several" if several else "", *sheets])
    digest = hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{re.split(r'[ #*]', last)[0]}-{digest}"


def _around(page: bytes, *, article: bool) -> tuple[list[_Open], bool, list[str]]:
    """The elements from the root to the article, whether it is one of several, and what style sheets say of layout."""
    stack: list[_Open] = []
    found: list[tuple[Region, list[_Open]]] = []
    sheets: list[str] = []
    text = page.decode("latin-1")
    for name, start, end, close in walk(page.lower().decode("latin-1"), _WANTED):
        if name == "style":
            sheets += _layout_rules(text[end:close])
        elif name[0] == "/":
            index = next((i for i in range(len(stack) - 1, -1, -1) if stack[i].name == name[1:]), None)
            if index is not None and name not in ("/body", "/html"):
                for each in stack[index:]:
                    each.end = end
                del stack[index:]
        else:
            what, said, beside = _described(name, text[start:end])
            if stack and beside:
                stack[-1].beside.append((start, said))
            stack.append(_Open(name, said, start))
            if what in (Region.ARTICLE, Region.MAIN):
                found.append((what, list(stack)))
            elif name == "body":
                body = list(stack)
                found.append((Region.PLAIN, body))
    for each in stack:
        each.end = len(text)
    chosen, several = _chosen(found) if article else (None, False)
    plain = next((chain for what, chain in found if what is Region.PLAIN), [])
    return chosen or plain, several, sheets


def _hollow(page: bytes) -> bytes:
    """Without what stands in the article, half of a page, where that is easily told and holds no style sheet."""
    lowered = page.lower()
    for name in (b"article", b"main"):
        opened, closed = lowered.count(b"<" + name), lowered.count(b"</" + name)
        if opened == closed == 1:
            end = lowered.find(b"</" + name)
            start = lowered.find(b">", lowered.find(b"<" + name)) + 1
            return page[:start] + page[end:] if lowered.find(b"<style", start, end) < 0 and start < end else page
        if opened or closed:
            break
    return page


def _chosen(found: list[tuple[Region, list[_Open]]]) -> tuple[list[_Open] | None, bool]:
    """As ``find`` tells the article: the only one of ``<main>``, else ``<main>``, else the page's first."""
    main = next((chain for what, chain in found if what is Region.MAIN), None)
    articles: list[list[_Open]] = []
    for what, chain in found:
        if what is Region.ARTICLE and not any(each in chain[:-1] for each in (known[-1] for known in articles)):
            articles.append(chain)
    if main is None:
        return (articles[0] if articles else None), len(articles) > 1
    inside = [chain for chain in articles if main[-1] in chain]
    return (inside[0] if len(inside) == 1 else main), len(inside) > 1


def _others(each: _Open, chain: list[_Open]) -> list[tuple[int, str]]:
    starts = {link.start for link in chain}
    return [(start, said) for start, said in each.beside if start not in starts]


@lru_cache(maxsize=4096)  # the pages of a site share nearly all of these tags
def _described(name: str, source: str) -> tuple[Region, str, bool]:
    """What an element is, its layout in words, and whether it may stand beside an article and take room from it."""
    values = read(source, 1 + len(name))
    classes = values.get("class", "").split()
    lasting = sorted({each for each in classes if not _PASSING.fullmatch(each.lower())})
    style = values.get("style", "").lower()
    hidden = "hidden" in values or re.search(r"display\s*:\s*none", style) is not None
    data = sorted(f"{key}={value}" for key, value in values.items() if _LAYOUT_DATA.fullmatch(key))
    facts = [f"dir={values['dir']}"] if values.get("dir", "ltr") != "ltr" else []
    facts += [*data, *(_squeezed(each) for each in _LAYOUT_STYLE.findall(style)), *(["hidden"] if hidden else [])]
    words = ".".join([name, *lasting]) + "".join(f" {each}" for each in facts)
    told = f"{values.get('class', '')} {values.get('id', '')}".lower()
    landmark = name in ("aside", "nav") or _BESIDE.search(told) is not None
    ids = tuple(told.split())
    what = region(Element(name, values.get("role", "").strip().lower(), ids))
    return what, words, landmark and name not in ("html", "body") and not _ABOVE.search(told)


@lru_cache(maxsize=256)
def _layout_rules(sheet: str) -> tuple[str, ...]:
    """The declarations of a style sheet that may move an article, each with the selector in front of it."""
    found = []
    for rule in re.finditer(r"([^{}]*)\{([^{}]*)\}", _COMMENT.sub("", sheet)):
        declared = _LAYOUT_STYLE.findall(rule[2].lower())
        if declared:
            found.append(f"{_squeezed(rule[1])}{{{';'.join(map(_squeezed, declared))}}}")
    return tuple(found)


def _squeezed(text: str) -> str:
    return " ".join(text.split())
