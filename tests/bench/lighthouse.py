"""Lighthouse, which is no part of imageseo, run on one page of a site served on loopback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("lighthouse")
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


def audit(program: str, url: str, *categories: str) -> Mapping[str, Any] | None:
    """The report (Lighthouse's own JSON) by the mobile preset; None where it failed."""
    with tempfile.TemporaryDirectory(prefix="imageseo-lighthouse-") as name:
        report = Path(name, "o.json")
        command = [
            program,
            url,
            "--quiet",
            "--output=json",
            f"--output-path={report}",
            f"--only-categories={','.join(categories)}",
            "--no-enable-error-reporting",
            f"--chrome-flags={_FLAGS} --user-data-dir={name}/profile",
        ]
        # Its own node, which lies beside it.
        beside = Path(program).resolve().parents[2] / "node" / "bin"
        env = {**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
        env.setdefault("CHROME_PATH", shutil.which("chromium") or "")
        subprocess.run(command, env=env, capture_output=True, timeout=180, check=False)
        if not report.is_file():
            return None
        found: Mapping[str, Any] = json.loads(report.read_text("utf-8"))
        return found
