"""Small cases in JSON, as pages: what each shows stands alone in an otherwise clean page, beside its pictures."""

from __future__ import annotations

import json
import re
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
_SIZED = re.compile(r"[a-zA-Z0-9_ ]+-\d+x\d+\.(?:jpg|png|webp|avif)")  # files that are made by their names
_OF_PAGES = ("file-name", "img-format", "lcp-")  # right or wrong, they say nothing of the case


Cases = Sequence[Mapping[str, Any]]


def read(file: Path) -> Cases:
    """The cases of a file. Raises ``SystemExit`` for one of another form."""
    try:
        cases: Cases = json.loads(file.read_text("utf-8"))["cases"]
        for case in cases:
            _ = case["id"], case["wrong"], case["html"], case["kind"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SystemExit(f"{file}: expected {{'cases': [{{id, kind, wrong, html}}, …]}}: {error!r}") from None
    return cases


def of_tests() -> Cases:
    """The cases that the tests of the lint are made of."""
    from tests.support.checker_cases import NAMES
    from tests.support.markup_cases import FILES, MARKUP

    return [
        {"id": f"{kind}-{number}", "kind": kind, "wrong": bool(case.rules), "html": case.html}
        for kind, cases in (("name", NAMES), ("markup", MARKUP), ("file", FILES))
        for number, case in enumerate(cases)
    ]


def write(cases: Cases, folder: Path) -> list[Page]:
    """The pages of the cases, beside the pictures that they name."""
    from imageseo.testing.rule_examples import picture
    from tests.support import pictures

    (folder / "pictures").mkdir(parents=True)
    for name, (width, height) in PICTURES.items():
        kind = "PNG" if name.endswith(".png") else "JPEG"
        (folder / "pictures" / name).write_bytes(pictures.save(pictures.photo(width, height, width), kind))
    pages = []
    for case in cases:
        path = folder / f"{case['id']}.html"
        path.write_text(_PAGE.format(id=case["id"], html=case["html"]), "utf-8")
        pages.append(Page(path.name, path))
        for name in _SIZED.findall(case["html"]):
            if not (folder / name).exists():
                (folder / name).write_bytes(picture(name))
    return pages


def right(cases: Cases, ours: Sequence[Said]) -> dict[str, Any]:
    """How many cases our lint judges rightly, and the ids of the others."""
    wrong = [case["id"] for case in cases if bool(case["wrong"]) != _reported(case, ours)]
    return {"right": f"{len(cases) - len(wrong)} of {len(cases)}", "judged_wrongly": wrong}


def _reported(case: Mapping[str, Any], ours: Sequence[Said]) -> bool:
    rules = [each.rule.removeprefix("imageseo/") for each in ours if each.page == f"{case['id']}.html"]
    severe = [each.severity != "info" for each in ours if each.page == f"{case['id']}.html"]
    if case["kind"] == "name":
        return any(rule.startswith("alt-") and loud for rule, loud in zip(rules, severe, strict=True))
    return any(not rule.startswith(_OF_PAGES) for rule in rules)
