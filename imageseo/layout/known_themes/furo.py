"""Furo, a theme for Sphinx."""

from __future__ import annotations

from imageseo.model.layout import Theme

# Furo 2025.12.19; its column has a width in em, and one breakpoint enlarges the text.
THEMES = (
    Theme(
        name="furo",
        marks=(b"furo-main-content", b"_static/styles/furo.css"),
        content_width=736,
        sizes="(min-width: 1552px) 810px, (min-width: 768px) 736px, calc(100vw - 32px)",
        keeps_ratio=True,
    ),
)
