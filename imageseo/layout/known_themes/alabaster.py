"""The default theme of Sphinx, with its own options for widths."""

from __future__ import annotations

from imageseo.model.layout import Theme

# Alabaster 1.0.0
THEMES = (
    Theme(
        name="alabaster",
        marks=(b"_static/alabaster.css", b"documentwrapper"),
        content_width=660,
        sizes="(min-width: 941px) 660px, (min-width: 860px) 800px, calc(100vw - 60px)",
    ),
)
