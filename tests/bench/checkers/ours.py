"""Our own lint, as a user runs it: what it reports, on the tags of the pages' source."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.checkers import Said
from tests.bench.checkers.pages import Page

ROOT = Path(__file__).parents[3]


def says(folder: Path, pages: Sequence[Page]) -> Iterator[Said]:
    """Every finding on these pages. The site's own settings, beside its folder, are not used: they may be silent."""
    with tempfile.TemporaryDirectory(prefix="imageseo-agreement-") as here:
        out = Path(here, "lint.json")
        command = [sys.executable, "-m", "imageseo", "lint", str(folder.resolve()), "--format", "json", "--output"]
        run = subprocess.run([*command, str(out)], capture_output=True, text=True, cwd=folder.parent, env=_env())
        if not out.exists():
            yield Said("imageseo/failed", "", None, run.stderr.strip()[:300])
            return
        yield from read(json.loads(out.read_text("utf-8")), {page.path: page for page in pages})


def read(report: Mapping[str, Any], by_path: Mapping[str, Page]) -> Iterator[Said]:
    for each in report["findings"]:
        page = by_path.get(each["page"] or "")
        if page is None:
            continue
        tag = None
        if each["line"] is not None:
            tag = page.tag_at(page.offset(each["line"], each["column"] or 1))
        yield Said(f"imageseo/{each['rule']}", page.path, tag, each["message"], each["severity"])


def _env() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
    }
