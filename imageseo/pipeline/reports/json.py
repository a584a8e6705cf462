"""JSON report: the data of the report as one object; the same site gives the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

from msgspec import Struct, to_builtins

from imageseo.model.site_report import SiteReport


def render(report: SiteReport, root: Path) -> str:
    """Render the report as JSON, text that ends with a newline; ``model/site_report.py`` documents the keys.

    ``root``: the folder of the built site, for formats that read files of it.
    """
    return as_text(report)


def as_text(data: Struct) -> str:
    """Return data as JSON, text that ends with a newline."""
    return json.dumps(to_builtins(data), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
