"""Check the CSS selectors of the settings `include` and `exclude`."""

from __future__ import annotations

import re
from functools import lru_cache

# Accepted without loading a parser: tags, classes and ids, as most selectors are.
_PLAIN = re.compile(r"\s*(?:[A-Za-z][\w-]*|\*)?(?:[.#][A-Za-z_][\w-]*)*\s*")
_BARE_VALUE = re.compile(r"""(\[\s*[\w|-]+\s*[~^$*|]?=\s*)(\d[\w-]*)(?=\s*(?:[iIsS]\s*)?\])""")

_BETWEEN = ">+~,"
_PAIR = re.compile(r"([>+~,])\s*([>+~,])")


def normalized(selector: str) -> str:
    """Return a selector with quotes around attribute values that begin with a digit, which CSS requires."""
    return _BARE_VALUE.sub(r'\1"\2"', selector)


def _missing_part(selector: str) -> str | None:
    """Return which combinator or comma of an invalid selector has nothing on one of its sides, as a clause."""
    text = selector.strip()
    if not text:
        return "it is empty"
    if text[0] in _BETWEEN:
        return f"it starts with `{text[0]}`"
    if text[-1] in _BETWEEN:
        return f"it ends with `{text[-1]}`"
    pair = _PAIR.search(text)
    return f"there is nothing between `{pair[1]}` and `{pair[2]}`" if pair else None


@lru_cache(maxsize=256)
def fault(selector: str) -> str | None:
    """Return why a selector cannot be used, as the end of a sentence; None if it can."""
    if selector.strip() and _PLAIN.fullmatch(selector):
        return None
    import cssselect2

    try:
        compiled = cssselect2.compile_selector_list(normalized(selector))
    except cssselect2.SelectorError as error:
        if end := _missing_part(selector):
            return f"expected a CSS selector ({end})"
        reason = ": ".join(str(part) for part in error.args if isinstance(part, str)) or "invalid syntax"
        return f"expected a CSS selector ({reason})"
    for each in compiled:
        if each.pseudo_element is not None:
            return f"expected a selector of elements, not of ::{each.pseudo_element}"
        if each.never_matches:
            return "expected a selector that matches without a visitor's action (:hover and the like never match here)"
    return None
