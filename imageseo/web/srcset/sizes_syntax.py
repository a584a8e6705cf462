"""What the HTML standard forbids in `sizes`. Browsers leave out an entry that they do not understand.

The text is read once, from left to right and without recursion, so that no value takes long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from imageseo.model.facts import shorten
from imageseo.web.css.lengths import is_parseable
from imageseo.web.srcset.sizes import parse_sizes
from imageseo.web.srcset.syntax import SyntaxFault

_UNITS_WORDS = """
    em ex ch ic rem rex rch ric cap rcap lh rlh px cm mm q in pc pt vw vh vi vb vmin vmax svw svh svi svb svmin
    svmax lvw lvh lvi lvb lvmin lvmax dvw dvh dvi dvb dvmin dvmax
"""
_UNITS = frozenset(_UNITS_WORDS.split())
_FUNCTIONS_WORDS = """
    calc min max clamp round mod rem abs sign sin cos tan asin acos atan atan2 pow sqrt hypot log exp -webkit-calc
"""
_FUNCTIONS = frozenset(_FUNCTIONS_WORDS.split())
_EVALUATED = frozenset({"calc", "min", "max", "clamp", "-webkit-calc"})
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_TOKEN = re.compile(r"[(),]|[^(),]+")
_NUMBER = re.compile(r"([+-]?(?:\d+\.\d+|\.\d+|\d+)(?:e[+-]?\d+)?)(%|[a-z]\w*)?", re.IGNORECASE | re.ASCII)
_CONDITION = re.compile(r"(?:(?:not|and|or)\b|\0|\s)*+", re.IGNORECASE)
_HINT = "write lengths, `(min-width: 900px) 860px, 100vw`"
_LIMIT = 200_000  # characters; longer ones are looked at as far as that


@lru_cache(maxsize=1024)
def sizes_fault(text: str) -> SyntaxFault | None:
    """Return the first fault of a ``sizes`` or ``imagesizes``; None if there is none."""
    if not text.strip():
        return SyntaxFault("is empty", f"{_HINT}, or remove the attribute")
    plain = _COMMENT.sub(" ", text) if "/*" in text else text
    if len(plain) > _LIMIT:
        return SyntaxFault(f"has {len(plain):,} characters", _HINT)
    if plain.count("(") != plain.count(")"):
        return SyntaxFault("has a bracket that is not closed, or never opened", _HINT)
    parts = list(_entries(plain))
    entries = [part for part in parts if part]
    if "auto" in [entry.lower() for entry in entries[1:]]:
        return SyntaxFault("has auto behind other lengths", "write it first, `auto, 100vw`, on a lazy image only")
    faults = (_entry_fault(entry, number, len(entries)) for number, entry in enumerate(entries))
    fault = next((fault for fault in faults if fault is not None), None) or _unread(entries)
    if fault is not None or len(entries) == len(parts):
        return fault
    if not entries:
        return SyntaxFault("has no length", f"{_HINT}, or remove the attribute")
    where = "ends with a comma" if not parts[-1] else "has two commas in a row" if parts[0] else "begins with a comma"
    return SyntaxFault(where, "remove the comma", harmless=True, corrected=", ".join(entries))


def _entries(text: str) -> Iterator[str]:
    """Yield the parts between commas outside of brackets, without white space around them."""
    part, depth = list[str](), 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == "," and depth == 0:
            yield "".join(part).strip()
            part = []
            continue
        depth = depth + 1 if token == "(" else max(depth - 1, 0) if token == ")" else depth
        part.append(token)
    yield "".join(part).strip()


def _entry_fault(entry: str, number: int, count: int) -> SyntaxFault | None:
    is_last = number == count - 1
    shown = repr(shorten(entry, 60))
    if number == 0 and entry.lower() == "auto":
        return None
    condition, length = _split(entry)
    fault = _length_fault(length, shown)
    if fault is not None:
        return fault
    if not condition:
        if is_last:
            return None
        return SyntaxFault(
            f"has {shown} before other lengths, so that browsers never come to those",
            "write the length without a condition last",
        )
    if not _is_condition(condition):
        return SyntaxFault(
            f"has {shorten(condition, 60)!r} where browsers expect a condition",
            "put conditions in brackets, without a media type, and commas between lengths: "
            "`(min-width: 900px) 860px, 100vw`",
        )
    return None


def _split(entry: str) -> tuple[str, str]:
    """Return condition and length of an entry: the length is the last word, or the last function."""
    if not entry.endswith(")"):
        space = max(entry.rfind(each) for each in " \t\n\f\r")
        bracket = entry.rfind(")")  # `(min-width:600px)50vw`
        at = max(space, bracket)
        return entry[: at + 1].strip(), entry[at + 1 :]
    depth = 0
    for at in range(len(entry) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(entry[at], 0)
        if depth == 0:
            break
    while at > 0 and (entry[at - 1].isalnum() or entry[at - 1] == "-"):
        at -= 1
    return entry[:at].strip(), entry[at:]


def _length_fault(length: str, shown: str) -> SyntaxFault | None:
    if length.endswith(")"):
        name = length.partition("(")[0].lower()
        if not name or name in ("not", "and", "or"):
            return SyntaxFault(f"has the condition {shown} without a length", f"{_HINT}")
        if name not in _FUNCTIONS:
            return SyntaxFault(f"has {shown}, and {shorten(name, 30)}() is no length", _HINT)
        return None
    match = _NUMBER.fullmatch(length)
    if match is None:
        return SyntaxFault(f"has {shown}, which is no length", _HINT)
    unit, is_zero = (match[2] or "").lower(), re.search(r"[1-9]", match[1].lower().partition("e")[0]) is None
    if unit == "%":
        return SyntaxFault(
            f"has {shown}, and a percentage is no length here", "write it in `vw`, of the screen's width"
        )
    if match[1].startswith("-") and not is_zero:
        return SyntaxFault(f"has {shown}, and a length is never negative", _HINT)
    if not unit and not is_zero:
        return SyntaxFault(f"has {shown} without a unit", f"write `{match[1]}px`")
    if unit and unit not in _UNITS:
        return SyntaxFault(f"has {shown}, whose unit is none of a length", _HINT)
    return None


def _is_condition(condition: str) -> bool:
    """Whether a text consists of bracketed conditions, with `and`, `or` and `not` between them."""
    depth, outer = 0, list[str]()
    for match in _TOKEN.finditer(condition):
        token = match[0]
        if token == "(":
            if depth == 0:
                outer.append("\0")
            depth += 1
        elif token == ")":
            depth -= 1
        elif depth == 0:
            outer.append(token)
    words = "".join(outer)
    if _CONDITION.fullmatch(words) is None or "\0" not in words:
        return False
    parts = re.findall(r"\0|\w+", words.lower())
    joined = [each for each in parts if each in ("and", "or")]
    return len(set(joined)) <= 1 and parts.count("\0") == len(joined) + 1 and parts[-1] == "\0"


def _unread(entries: Sequence[str]) -> SyntaxFault | None:
    """Return the fault of a calculation that browsers do not understand: `calc(100vw-2rem)`."""
    for entry in entries:
        _, length = _split(entry)
        name = length.partition("(")[0].lower() if length.endswith(")") else ""
        inner = set(re.findall(r"(?<![\w-])[\w-]++(?=\()", length.lower()))
        if name not in _EVALUATED or not inner <= _EVALUATED or not is_parseable(length) or "var(" in length:
            continue
        if re.search(r"\d(?:r?(?:cap|ex|ch|ic)|[a-z]*%)|%|\be\b|\bpi\b|infinity|nan", length, re.IGNORECASE):
            if "%" not in length:
                continue
            return SyntaxFault(
                f"has {shorten(length, 60)!r}, and a percentage is no length here",
                "write it in `vw`, of the screen's width",
            )
        if not parse_sizes(length):
            return SyntaxFault(
                f"has {shorten(length, 60)!r}, which browsers do not understand",
                "write + and - with spaces around them, and lengths of known units",
            )
    return None
