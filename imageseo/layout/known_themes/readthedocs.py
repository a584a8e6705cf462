"""The theme readthedocs of MkDocs, and the Sphinx theme that it is a copy of."""

from __future__ import annotations

from imageseo.model.layout import Theme

# MkDocs 1.6.1, sphinx-rtd-theme 3.1.0
THEMES = (
    Theme(
        name="readthedocs",
        marks=(b"wy-nav-content-wrap", b"rst-content"),
        content_width=697,
        sizes="(min-width: 1100px) 697px, (min-width: 769px) calc(100vw - 403px), calc(100vw - 51px)",
        keeps_ratio=True,
    ),
)
