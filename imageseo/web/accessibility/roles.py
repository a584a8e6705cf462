"""ARIA roles: which one an element has, and when `none` is void."""

from __future__ import annotations

from collections.abc import Callable

GRAPHIC_ROLES = frozenset({"img", "image", "graphics-document", "graphics-symbol"})
LINK_ROLES = frozenset({"link", "doc-backlink", "doc-biblioref", "doc-glossref", "doc-noteref"})
BUTTON_ROLES = frozenset({"button", "menuitem", "menuitemcheckbox", "menuitemradio", "tab", "switch"})
NONE_ROLES = frozenset({"none", "presentation"})
_UNNAMED_ROLES_WORDS = """
    blockquote caption code definition deletion emphasis generic gridcell group insertion list listitem mark
    paragraph row rowgroup separator strong subscript superscript suggestion term time
"""
UNNAMED_ROLES = frozenset(_UNNAMED_ROLES_WORDS.split())
"""Roles that need no name of their own."""
_ROLES_WORDS = """
    alert alertdialog application article banner blockquote button caption cell checkbox code columnheader combobox
    complementary contentinfo definition deletion dialog directory document emphasis feed figure form generic grid
    gridcell group heading image img insertion link list listbox listitem log main mark marquee math menu menubar
    menuitem menuitemcheckbox menuitemradio meter navigation none note option paragraph presentation progressbar
    radio radiogroup region row rowgroup rowheader scrollbar search searchbox separator slider spinbutton status
    strong subscript suggestion superscript switch tab table tablist tabpanel term textbox time timer toolbar
    tooltip tree treegrid treeitem graphics-document graphics-object graphics-symbol
"""
_ROLES = frozenset(_ROLES_WORDS.split())
_GLOBAL_WORDS = """
    label labelledby describedby description details live controls owns flowto current atomic busy relevant
    keyshortcuts roledescription braillelabel brailleroledescription dropeffect grabbed
"""
GLOBAL_ATTRIBUTES = tuple(f"aria-{name}" for name in _GLOBAL_WORDS.split())
"""Attributes that expose an element whatever its role; without `aria-hidden`, which does the opposite."""
_CONTROLS = frozenset({"button", "input", "select", "textarea"})

Attribute = Callable[[str], str | None]
"""Returns the value of an attribute of one element; ``None`` if it is absent."""


def written_role(get: Attribute) -> str | None:
    """Return the role that the author gives: the first of the attribute that exists."""
    words = (get("role") or "").lower().split()
    return next((word for word in words if word in _ROLES or word.startswith("doc-")), None)


def is_focusable(tag: str, get: Attribute) -> bool:
    """Whether the keyboard or a script can focus an element."""
    if (get("tabindex") or "").strip().lstrip("+-").isdecimal():
        return True
    if tag in ("a", "area"):
        return get("href") is not None
    if tag in _CONTROLS:
        return get("disabled") is None and (tag != "input" or (get("type") or "").strip().lower() != "hidden")
    if tag in ("audio", "video"):
        return get("controls") is not None
    return tag in ("summary", "iframe") or (get("contenteditable") or "false").strip().lower() != "false"


def exposing_attribute(tag: str, get: Attribute) -> str | None:
    """Return the attribute for which browsers expose an element that is marked as decorative; "" for its kind."""
    for name in GLOBAL_ATTRIBUTES:
        if (get(name) or "").strip():
            return name
    if is_focusable(tag, get):
        return "tabindex" if get("tabindex") is not None else ""
    return None


def role_of(tag: str, get: Attribute) -> str | None:
    """Return the role that counts: `none` is void on what is focusable or has a global ARIA attribute."""
    role = written_role(get)
    if role in NONE_ROLES and exposing_attribute(tag, get) is not None:
        return None
    return role
