"""Whether the LCP that ``imageseo measure`` saw is Lighthouse's, and how often the static guess is right.

    python -m tests.bench lcp-agreement --site DIR --pages 20 --out OUT.json

Pages are taken evenly from the site. Both sides see the same server and the mobile viewport (412×823 at 1.75): each
page is opened by ``measure`` and audited by Lighthouse 13, which names its LCP element by selector, snippet and label.
An image agrees where the file of its ``src`` is the same; text where neither has an image. ``guess``: of the pages for
which ``core.hero.guess`` is confident, how many have that very image as the LCP on phones, on desktops, on either.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from imageseo.cli.commands import measure
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import detect_project
from imageseo.layout import layout_file
from imageseo.layout.browser.server import SiteServer, serve
from imageseo.model.layout import Lcp
from imageseo.model.site import Page
from tests.bench.guess import guessed
from tests.bench.lighthouse import PROGRAM, audit

_SRC = re.compile(r"""\ssrc=(?:"([^"]*)"|'([^']*)'|([^\s>]+))""")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--site", type=Path, required=True, metavar="DIR", help="a built site")
    parser.add_argument("--site-url", metavar="URL", help="where it is published; else as its home page says")
    parser.add_argument("--pages", type=int, default=20, metavar="N")
    parser.add_argument("--lighthouse", default=PROGRAM, metavar="PROGRAM")
    parser.add_argument("--out", type=Path, metavar="FILE", help="a line for each page, as JSON")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Counts of pages that agree; every page that does not is told in ``--out``."""
    if not options.lighthouse:
        return {"skipped": "there is no lighthouse: name it by --lighthouse"}
    with tempfile.TemporaryDirectory(prefix="imageseo-bench-") as name:
        folder, root = Path(name), options.site.resolve()
        url = f'site_url = "{options.site_url}"\n' if options.site_url else ""
        (folder / "imageseo.toml").write_text(url, "utf-8")
        here = detect_project(folder, config=None, note=lambda text: None)
        site = here.site(root)
        chosen = (site.pages[index * len(site.pages) // options.pages] for index in range(options.pages))
        pages = list(dict.fromkeys(page.path for page in chosen))
        measure.run(here, root, progress=Quiet(), globs=pages)
        layout = layout_file.read(folder / layout_file.NAME)
        assert layout is not None
        with serve(root, site.base_url) as served:
            rows = [
                _row(root, site.base_url, path, layout.pages[path].lcp, served, options.lighthouse)
                for path in pages
                if path in layout.pages
            ]
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
    audited = [row for row in rows if row["lighthouse"] is not None]
    claimed = [row for row in rows if row["guess"] is not None]
    return {
        "pages": len(rows),
        "audited": len(audited),
        "agree": sum(row["agrees"] for row in audited),
        "apart": [row["page"] for row in audited if not row["agrees"]],
        "guess": {
            "confident": len(claimed),
            "right_mobile": sum(row["guess"] == row["mobile"] for row in claimed),
            "right_desktop": sum(row["guess"] == row["desktop"] for row in claimed),
            "right_either": sum(row["guess"] in (row["mobile"], row["desktop"]) for row in claimed),
        },
    }


def _row(
    root: Path, base: str | None, path: str, lcp: Mapping[str, Lcp], served: SiteServer, program: str
) -> dict[str, Any]:
    node = _audited(program, served.url(Page(path=path).url))
    ours = {name: each.src if each.kind == "image" else each.kind for name, each in lcp.items()}
    theirs = None if node is None else _named(node, path, served)
    return {
        "page": path,
        "mobile": ours["mobile"],
        "desktop": ours["desktop"],
        "lighthouse": theirs,
        "agrees": theirs is not None and _alike(ours["mobile"], theirs),
        "guess": guessed(root, path, base_url=base),
        "node": node,
        "size": [lcp["mobile"].width, lcp["mobile"].height],
    }


_VARIANT = re.compile(r"-\d+w(?:\.[0-9a-f]*(?:\.\w*)?)?$")


def _alike(ours: str | None, theirs: str) -> bool:
    """Backgrounds, videos and text are told apart by neither side's snippet for sure: not being an image agrees.

    Lighthouse names the candidate that was chosen, and cuts what is long.
    """
    if theirs == "text":
        return ours in ("text", "background", "video")
    cut = theirs.endswith("…")
    named = _VARIANT.sub("", theirs.removesuffix("…"))
    if ours is None or (not cut and named == theirs):
        return ours == theirs
    stem = ours.rpartition(".")[0]
    return stem.startswith(named) if cut else stem == named


def _named(node: Mapping[str, str], path: str, served: SiteServer) -> str:
    """The site path of an ``<img>``; ``text`` for another element, ``none`` where Lighthouse saw nothing."""
    snippet = node.get("snippet", "")
    if not snippet:
        return "none"
    if not re.match(r"<img\b", snippet, re.IGNORECASE):
        return "text"
    found = _SRC.search(snippet)
    src = unescape(next((each for each in found.groups() if each is not None), "")) if found else ""
    return served.path(urljoin(served.url(Page(path=path).url), src)) or src


def _audited(program: str, url: str) -> Mapping[str, str] | None:
    """The node of the LCP element by Lighthouse's mobile preset; ``{}`` for none; None where it failed."""
    report = audit(program, url, "performance")
    if report is None:
        return None
    audits = report["audits"]
    for insight in ("lcp-breakdown-insight", "lcp-discovery-insight", "largest-contentful-paint-element"):
        node = _node(audits.get(insight, {}).get("details"))
        if node is not None:
            return {key: str(node.get(key, "")) for key in ("selector", "snippet", "nodeLabel")}
    return {}


def _node(details: Any) -> Mapping[str, Any] | None:
    """The first node within an audit's details."""
    if isinstance(details, dict):
        if details.get("type") == "node":
            return details
        details = list(details.values())
    if isinstance(details, list):
        return next((found for each in details if (found := _node(each)) is not None), None)
    return None
