"""MarkupFault: what is wrong with an element."""

from __future__ import annotations

from dataclasses import dataclass

from imageseo.web.markup.elements import MarkupElement


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkupFault:
    """One fault. ``what``: a sentence without its end; ``serious``: browsers do not do what is meant.

    ``attribute``: the one to be replaced by ``value``, or removed if that is None; "" if the author must decide.
    """

    element: MarkupElement
    what: str
    hint: str
    serious: bool = True
    attribute: str = ""
    value: str | None = None
