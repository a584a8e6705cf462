"""Parses suppressions of rules: ``data-imageseo-disable="rule: reason"`` and the comment of the same kind."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
