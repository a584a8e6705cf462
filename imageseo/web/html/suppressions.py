"""Parses suppressions of rules: ``data-imageseo-disable="rule: reason"`` and the comment of the same kind."""

from __future__ import annotations

import re
from collections.abc import Iterable

_ATTRIBUTE = "data-imageseo-disable"
_SUPPRESSION = re.compile(
    r"\s*(?:imageseo-disable[:\s]\s*)?([a-z][a-z0-9-]*)\s*(?::\s*(.*))?", re.DOTALL | re.IGNORECASE
)
_NEXT_SUPPRESSION = re.compile(r";(?=\s*[a-z][a-z0-9-]*\s*(?::|;|$))")


def parse_suppressions(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Parse ``rule: reason; rule: reason`` into pairs; of ``texts`` the first (innermost) reason for a rule applies."""
    found: dict[str, str] = {}
    for text in texts:
        for part in _NEXT_SUPPRESSION.split(text):
            match = _SUPPRESSION.match(part)
            if match:
                found.setdefault(match[1].lower(), " ".join((match[2] or "").split()))
    return tuple(found.items())


def disabled_at(html: bytes, charset: str, offset: int) -> tuple[tuple[str, str], ...]:
    """Return the suppressions on the element whose tag begins at an offset, and on those around it."""
    if _ATTRIBUTE.encode() not in html:
        return ()
    from imageseo.web.html import tree  # most pages have none

    found = []
    for element in tree.parse(html).select(f"[{_ATTRIBUTE}]"):
        location = element.source_location
        if location is not None and location[0][2] <= offset:
            end = max(location[0][5], tree.content_end(element, len(html))[0])
            if offset < end:
                found.append((location[0][2], element.attr(_ATTRIBUTE) or ""))
    texts = (text.encode("latin-1", "replace").decode(charset, "replace") for _, text in sorted(found, reverse=True))
    return parse_suppressions(texts)
