"""What Lighthouse says of pages before and after imageseo: the audits that are about images, and its SEO score.

    python -m tests.bench audits --before DIR --after DIR --page guide/ --page … --out OUT.json

Both folders are served on loopback in the same way; each page is audited by the mobile preset. An audit passes at a
score of 0.9 or more, as in Lighthouse's own report; one that does not apply passes too. What is shown of a page is
``before > after``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imageseo.layout.browser.server import serve
from tests.bench.lighthouse import PROGRAM, audit

AUDITS = ("image-delivery-insight", "lcp-discovery-insight", "unsized-images", "cls-culprits-insight")
_PASSES = 0.9
_METRICS = {"lcp_s": "largest-contentful-paint", "cls": "cumulative-layout-shift", "kib": "total-byte-weight"}
_UNITS = {"lcp_s": 1000, "cls": 1, "kib": 1024}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--before", type=Path, required=True, metavar="DIR", help="the site built without imageseo")
    parser.add_argument("--after", type=Path, required=True, metavar="DIR")
    parser.add_argument("--site-url", metavar="URL", help="where both are published")
    parser.add_argument("--page", action="append", required=True, dest="pages", metavar="PATH", help="as in its URL")
    parser.add_argument("--lighthouse", default=PROGRAM, metavar="PROGRAM")
    parser.add_argument("--out", type=Path, metavar="FILE", help="all figures, with what each audit named")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """By page: each audit, the SEO score, LCP (s, simulated), CLS and bytes (KiB); ``passed``: pages that pass all."""
    if not options.lighthouse:
        return {"skipped": "there is no lighthouse: name it by --lighthouse"}
    found: dict[str, dict[str, Any]] = {}
    for side in ("before", "after"):
        with serve(getattr(options, side).resolve(), options.site_url) as served:
            for page in options.pages:
                report = audit(options.lighthouse, served.url(page), "performance", "seo")
                found.setdefault(page, {})[side] = None if report is None else _figures(report)
    if options.out:
        options.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    passed = [page for page, sides in found.items() if sides["after"] and not sides["after"]["fails"]]
    return {
        "passed": f"{len(passed)} of {len(found)}",
        **{page: _shown(sides) for page, sides in found.items()},
    }


def _figures(report: Mapping[str, Any]) -> dict[str, Any]:
    audits = report["audits"]
    scores = {name: audits[name]["score"] for name in AUDITS}
    seo = report["categories"]["seo"]
    # What fails of SEO is named, whether it is about images or not.
    failing = [ref["id"] for ref in seo["auditRefs"] if audits[ref["id"]]["score"] == 0]
    failing += [name for name in AUDITS if audits[name]["scoreDisplayMode"] == "error"]  # has no score, and no verdict
    return {
        "fails": sorted([name for name, score in scores.items() if score is not None and score < _PASSES] + failing),
        "seo": seo["score"],
        **scores,
        **{name: round(audits[id].get("numericValue", 0) / _UNITS[name], 2) for name, id in _METRICS.items()},
        "named": {name: audits[name].get("details", {}).get("items", []) for name in AUDITS},
    }


def _shown(sides: Mapping[str, Mapping[str, Any] | None]) -> dict[str, str]:
    names = ("fails", "seo", *_METRICS)
    return {name: " > ".join(str((sides[side] or {}).get(name, "failed")) for side in sides) for name in names}
