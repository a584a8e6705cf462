"""Lighthouse on pages whose tags carry their number: its audits that name images."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from imageseo.layout.browser.server import serve
from tests.bench.checkers import Said, Tools
from tests.bench.checkers.pages import MARK, Page, marked
from tests.bench.lighthouse import audit

AUDITS = (
    *("image-alt", "image-redundant-alt", "input-image-alt", "object-alt", "svg-img-alt", "link-name", "button-name"),
    *("unsized-images", "image-aspect-ratio", "image-size-responsive", "image-delivery-insight"),
    "lcp-discovery-insight",
)
_CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
_MARK = re.compile(rf'{MARK}="(\d+)"')


def says(folder: Path, site_url: str | None, pages: Sequence[Page], tools: Tools) -> Iterator[Said]:
    """What Lighthouse reports. Raises ``Missing``."""
    program = tools.file(".bin/lighthouse")
    with serve(folder, site_url, prepare=marked) as served:
        for page in pages:
            report = audit(str(program), served.url(page.path), *_CATEGORIES)
            if report is None:
                yield Said("lighthouse/failed", page.path, None, "it wrote no report")
            else:
                yield from read(report, page)


def read(report: Mapping[str, Any], page: Page) -> Iterator[Said]:
    """The nodes that failing audits of its report name. An audit that names none is about the page."""
    for name in AUDITS:
        told = report["audits"].get(name)
        if told is None or told.get("score") is None or told["score"] >= 0.9:
            continue
        found = [Said(f"lighthouse/{name}", page.path, tag, why) for tag, why in _nodes(told.get("details"))]
        yield from dict.fromkeys(found)


def _nodes(value: Any) -> Iterator[tuple[int | None, str]]:
    """Every node in an audit's details, with the URL and the reasons beside it."""
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item)
    elif isinstance(value, dict):
        node = value.get("node", value if value.get("type") == "node" else None)
        if isinstance(node, dict) and "snippet" in node:
            match = _MARK.search(node["snippet"])
            yield (int(match[1]) if match else None), _why(value, node)
            return
        for item in value.values():
            yield from _nodes(item)


def _why(item: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    reasons = [str(each.get("reason")) for each in item.get("subItems", {}).get("items", []) if each.get("reason")]
    failed = [name for name, each in node.get("items", {}).items()] if isinstance(node.get("items"), dict) else []
    return "; ".join([*reasons, *failed]) or str(node.get("nodeLabel", ""))[:160]


def version(tools: Tools) -> str:
    tools.file(".bin/lighthouse")
    return tools.version("lighthouse")
