"""The theme mkdocs of MkDocs."""

from __future__ import annotations

from imageseo.model.layout import Theme

THEMES = (
    Theme(
        name="mkdocs",
        marks=(b"bs-sidebar", b"col-md-9"),
        content_width=831,
        sizes="(min-width: 1400px) 966px, (min-width: 1200px) 831px, (min-width: 992px) 696px, "
        "(min-width: 576px) 516px, calc(100vw - 24px)",
    ),
)
