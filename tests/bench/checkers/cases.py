"""Small cases in JSON, as pages: what each shows stands alone in an otherwise clean page, beside its pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.checkers import Said
from tests.bench.checkers.pages import Page

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{id}</title><meta name="viewport" content="width=device-width"></head>
<body><main><h1>A case</h1>
{html}
</main></body>
</html>
"""
PICTURES = {
    "harbour.png": (300, 200),
    "side_left2.jpg": (300, 200),
    "boat-320.jpg": (320, 160),
    "boat-640.jpg": (640, 320),
}
_OF_PAGES = ("file-name", "img-format", "lcp-")  # right or wrong, they say nothing of the case


def pages_of_cases(file: Path, folder: Path) -> tuple[list[Mapping[str, Any]], Path, list[Page]]:
    """Write the pages and pictures of the cases. Raises ``SystemExit`` for a file of another form."""
    from tests.support import pictures

    try:
        cases = json.loads(file.read_text("utf-8"))["cases"]
        names = [(case["id"], case["wrong"], case["html"], case["kind"]) for case in cases]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SystemExit(f"{file}: expected {{'cases': [{{id, kind, wrong, html}}, …]}}: {error!r}") from None
    (folder / "pictures").mkdir(parents=True)
    for name, (width, height) in PICTURES.items():
        kind = "PNG" if name.endswith(".png") else "JPEG"
        (folder / "pictures" / name).write_bytes(pictures.save(pictures.photo(width, height, width), kind))
    pages = []
    for id, _, html, _ in names:
        path = folder / f"{id}.html"
        path.write_text(_PAGE.format(id=id, html=html), "utf-8")
        pages.append(Page(path.name, path))
    return cases, folder, pages


def right(cases: Sequence[Mapping[str, Any]], ours: Sequence[Said]) -> dict[str, Any]:
    """How many cases our lint judges rightly, and the ids of the others."""
    wrong = [case["id"] for case in cases if bool(case["wrong"]) != _reported(case, ours)]
    return {"right": f"{len(cases) - len(wrong)} of {len(cases)}", "judged_wrongly": wrong}


def _reported(case: Mapping[str, Any], ours: Sequence[Said]) -> bool:
    rules = [each.rule.removeprefix("imageseo/") for each in ours if each.page == f"{case['id']}.html"]
    severe = [each.severity != "info" for each in ours if each.page == f"{case['id']}.html"]
    if case["kind"] == "name":
        return any(rule.startswith("alt-") and loud for rule, loud in zip(rules, severe, strict=True))
    return any(not rule.startswith(_OF_PAGES) for rule in rules)
