"""The default theme of Pelican."""

from __future__ import annotations

from imageseo.model.layout import Theme

THEMES = (
    Theme(
        name="notmyidea",
        marks=(b"theme/css/main.css", b"banner", b"extras"),
        content_width=760,
        sizes="(min-width: 800px) 760px, calc(100vw - 40px)",
    ),
)
