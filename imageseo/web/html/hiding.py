"""Tells which elements hide what is inside them when the page opens, by markup alone (style sheets are read elsewhere).

Nothing here runs a script: a tab that a script activates later, a slide that moves in later and a dialog that opens
later are hidden at first, and that is what decides about an image's priority.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from imageseo.web.html.attributes import Tag

# One of these is in the source (lower case) of every start tag, of whatever name, that hides something by an attribute.
# The elements in VISITED are also examined for everything else; searching the page for each word would take longer.
SEARCH_TERMS = ("hidden", "display:")
VISITED = frozenset({"audio", "canvas", "details", "dialog", "div", "figure", "object", "picture", "section", "video"})
SELECTOR = ",".join(
    [
        "details,dialog,audio,canvas,object,video,[hidden],[popover],[inert],[x-show],[aria-hidden]",
        "[style*=display i],[style*=visibility i]",
        *(
            f"[class*={word} i]"
            for word in (
                *("hidden", "d-none", "invisible", "sr-only", "screen-reader-text", "tab", "carousel-item", "modal"),
                *("offcanvas", "dropdown-menu", "collapse"),
            )
        ),
    ]
)
"""Finds all elements that may hide something, and some others."""
TAB_SET, TAB_BLOCK = "tabbed-set", "tabbed-block"
"""Classes of pymdownx's tabs: the radio buttons of a set tell which of its blocks is shown."""
ROWS = frozenset(
    {"card-grid", "cards", "columns", "flex", "gallery", "grid", "image-gallery", "masonry", "photos", "tiles"}
)
"""Classes of elements that put several images side by side."""
INACTIVE_TAB = "an inactive tab"

# Elements inside a line are left out: every `<span>` of highlighted code would have to be visited. So is `<body>`: a
# script that hides the whole page shows it at once.
_CONTAINERS = VISITED | frozenset(
    {
        "a",
        "article",
        "aside",
        "blockquote",
        "center",
        "dd",
        "dl",
        "dt",
        "fieldset",
        "footer",
        "form",
        "header",
        "img",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "table",
        "tbody",
        "td",
    }
    | {"th", "tr", "ul"}
)
_FALLBACK = frozenset({"audio", "canvas", "object", "video"})  # their content is for browsers that lack them
_STYLE = re.compile(
    r"(?<![\w-])(display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden)"
)
_HIDING_CLASSES = frozenset(
    {"d-none", "hidden", "invisible", "is-hidden", "is-sr-only", "screen-reader-text", "sr-only", "uk-hidden"}
    | {"visually-hidden"}
)
# `hidden md:block`, `d-none d-lg-flex`: shown on some screens.
_SHOWN_AGAIN = r"[\w-]+:(?:block|flex|grid|inline\S*|table\S*|contents|visible|not-sr-only)|d-(?!none|print)\S+"
# Class of a part that is hidden until another class is added to it.
_INACTIVE = {
    "tab-pane": {"active", "is-active", "show"},
    "tabs-panel": {"active", "is-active"},
    "carousel-item": {"active"},
    "modal": {"show", "in", "active", "is-active", "open", "is-open"},
    "offcanvas": {"show", "showing"},
    "dropdown-menu": {"show"},
    "collapse": {"show", "in"},
}
_SLIDE = (
    r"slide|carousel|swiper|splide|glide|slick|flickity|tab-?(?:bed|panel|pane|content)|modal|drawer|popup|lightbox"
)
_TAB = re.compile(r"(?:[a-z]+-)?tab(?:s|bed)?(?:-|__?)(?:content|panel|pane|body|block|set|item)|tab")
_LABEL = re.compile(r"""<input\b([^>]*)>\s*<label\b[^>]*>(?:(?!<input\b|<label\b).)*</label>\s*""", re.DOTALL)
_CHECKED = re.compile(r"\schecked(?=[\s=/>]|$)")
_INPUTS = re.compile(r"(?:\s*<input\b[^>]*>)+")
_INPUT = re.compile(r"<input\b([^>]*)>")
_REACH = 2000  # characters between a tab's button and its content: the label
_NEARBY = 200  # characters before a slide that contain the tag around it


def may_hide(name: str, values: Mapping[str, str]) -> bool:
    """Whether an element may hide something, or decides about the tabs or the rows of images inside it."""
    if name not in _CONTAINERS and "-" not in name:
        return False
    if name == "details":
        return "open" not in values
    if name == "dialog" or name in _FALLBACK or "hidden" in values or "popover" in values or "inert" in values:
        return True
    if "x-show" in values or values.get("aria-hidden", "").strip().lower() == "true":
        return True
    style, classes = values.get("style"), values.get("class")
    if style and _STYLE.search(style.lower()):
        return True
    return bool(classes) and any(
        word in _HIDING_CLASSES or word in _INACTIVE or word in ROWS or _TAB.fullmatch(word)
        for word in (classes or "").lower().split()
    )


def hidden_by(name: str, values: Mapping[str, str], lowered: str, tag: Tag) -> str | None:
    """Return what hides the content of an element when the page opens, for people to read; None if nothing does.

    ``lowered``: the page in lower case.
    """
    if name == "details":
        return None if "open" in values else "a closed <details>"
    if name == "dialog":
        return None if "open" in values else "a closed <dialog>"
    if name in _FALLBACK:
        return f"<{name}>, whose content is shown only by browsers without it"
    if "hidden" in values:  # also `until-found`: nothing is drawn until then
        return "the attribute hidden"
    if "popover" in values:
        return "the attribute popover"
    style = _STYLE.search(values.get("style", "").lower())
    if style is not None:
        return f"style={''.join(style[1].split())}"
    words = frozenset(values.get("class", "").lower().split())
    return _by_class(words, values, lowered, tag) or _by_slide(words, values, lowered, tag)


def may_be_hidden(values: Mapping[str, str]) -> bool:
    """Whether an element is hidden from assistive technology or by a script: then it may be invisible as well."""
    return values.get("aria-hidden", "").strip().lower() == "true" or "inert" in values or "x-show" in values


def checked_tab(lowered: str, start: int) -> int | None:
    """Return the number (from 0) of the checked tab of a ``TAB_SET``. ``start``: where its content begins.

    None if its buttons are not all at its beginning: then each is directly before its content.
    """
    inputs = _INPUTS.match(lowered, start)
    checked = [_CHECKED.search(match[1]) is not None for match in _INPUT.finditer(inputs[0])] if inputs else []
    if not checked or lowered.startswith("<label", inputs.end() if inputs else start):
        return None
    return checked.index(True) if True in checked else 0


def _by_class(words: frozenset[str], values: Mapping[str, str], lowered: str, tag: Tag) -> str | None:
    if not words:
        return None
    found = words & _HIDING_CLASSES
    if found and not any(re.fullmatch(_SHOWN_AGAIN, word) for word in words):
        return f"the class {min(found)}"
    for word in sorted(words & _INACTIVE.keys()):
        if words & _INACTIVE[word]:
            continue
        if word == "carousel-item" and "carousel-inner" not in lowered:
            continue  # daisyUI's and Materialize's are all visible
        if word == "collapse" and (
            "navbar-collapse" in words or "id" not in values or any(each.startswith("collapse-") for each in words)
        ):
            continue  # a menu on phones; daisyUI's, whose title is visible
        return INACTIVE_TAB if "tab" in word else f"the class {word} without {min(_INACTIVE[word])}"
    if any(_TAB.fullmatch(word) for word in words):
        at = lowered.rfind("<input", max(0, tag.start - _REACH), tag.start)
        button = _LABEL.fullmatch(lowered, at, tag.start) if at >= 0 else None
        if button is not None and "radio" in button[1] and not _CHECKED.search(button[1]):
            return INACTIVE_TAB
    return None


def _by_slide(words: frozenset[str], values: Mapping[str, str], lowered: str, tag: Tag) -> str | None:
    """A decoration may have ``aria-hidden`` and be visible; a slide or panel has it while another one is shown."""
    if values.get("aria-hidden", "").strip().lower() != "true" and "inert" not in values:
        return None
    own = " ".join((*words, values.get("role", ""), values.get("aria-roledescription", ""), values.get("id", "")))
    nearby = lowered[max(0, tag.start - _NEARBY) : tag.start] if tag.name != "img" else ""
    if re.search(_SLIDE, own.lower()) or re.search(_SLIDE, nearby):
        return "a slide or tab with aria-hidden" if "aria-hidden" in values else "a slide or tab with inert"
    return None
