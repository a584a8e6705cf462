"""html-validate with its presets `recommended` and `standard`, all pages in one run."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench.checkers import Said, Tools
from tests.bench.checkers.pages import Page

_PRESETS = "html-validate:recommended"
_AT_ONCE = 200  # names on a command line


def says(pages: Sequence[Page], tools: Tools) -> Iterator[Said]:
    """What html-validate reports. Raises ``Missing``."""
    entry = tools.file("html-validate/bin/html-validate.mjs")
    by_file = {str(page.file): page for page in pages}
    with tempfile.TemporaryDirectory(prefix="imageseo-agreement-") as folder:
        settings, out = Path(folder, "settings.json"), Path(folder, "out.json")
        settings.write_text(json.dumps({"root": True, "extends": [_PRESETS]}), "utf-8")
        names = list(by_file)
        for start in range(0, len(names), _AT_ONCE):
            command = [tools.node, str(entry), "--config", str(settings), "--formatter", f"json={out}"]
            # A page of its own settings (.htmlvalidate.json beside it) is checked by ours all the same.
            some = names[start : start + _AT_ONCE]
            run = subprocess.run([*command, *some], capture_output=True, text=True, env=_env())
            if not out.exists():
                yield Said("html-validate/failed", "", None, run.stderr.strip()[:300])
                continue
            yield from read(json.loads(out.read_text("utf-8")), by_file)
            out.unlink()


def read(report: Sequence[Mapping[str, object]], by_file: Mapping[str, Page]) -> Iterator[Said]:
    """The messages of its report in JSON."""
    for result in report:
        page = by_file.get(str(result["filePath"]))
        messages = result["messages"]
        if page is None or not isinstance(messages, list):
            continue
        for each in messages:
            offset = page.offset(each["line"], each["column"], utf16=True)
            yield Said(f"html-validate/{each['ruleId']}", page.path, page.tag_at(offset), each["message"])


def version(tools: Tools) -> str:
    return tools.version("html-validate")


def _env() -> dict[str, str]:
    return {**os.environ, "NODE_OPTIONS": "--max-old-space-size=2048"}
