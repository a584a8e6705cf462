"""Adobe's validator of structured data, which knows schema.org's vocabulary and what Google requires of an ImageObject.

Of its messages those about images are kept: of an ImageObject, and of a property that holds an image.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from imageseo.web.structured_data.schema_org import HOLD_IMAGES, IMAGE_TYPES
from tests.bench.checkers import Said, Tools
from tests.bench.checkers.pages import Page

SCRIPT = Path(__file__).with_suffix(".mjs")


def says(pages: Sequence[Page], tools: Tools, vocabulary: Path | None) -> Iterator[Said]:
    """What it reports. ``vocabulary``: schema.org's, as its releases have it (``schemaorg-all-https.jsonld``)."""
    tools.file("@adobe/structured-data-validator")
    modules = tools.file("@marbec/web-auto-extractor").parents[1]
    with tempfile.TemporaryDirectory(prefix="imageseo-agreement-") as folder:
        request, out = Path(folder, "request.json"), Path(folder, "out.json")
        files = [str(page.file) for page in pages]
        asked = {"modules": str(modules), "pages": files, "out": str(out)}
        if vocabulary is not None:
            asked["vocabulary"] = str(vocabulary.resolve())
        request.write_text(json.dumps(asked), "utf-8")
        run = subprocess.run([tools.node, str(SCRIPT), str(request)], capture_output=True, text=True)
        if not out.exists():
            yield Said("adobe/failed", "", None, run.stderr.strip()[-300:])
            return
        yield from read(json.loads(out.read_text("utf-8")), {str(page.file): page.path for page in pages})


def read(report: Sequence[Mapping[str, Any]], by_file: Mapping[str, str]) -> Iterator[Said]:
    """The messages about images."""
    for each in report:
        if "(optional)" in each["message"]:
            continue  # what it would welcome, which is nothing wrong
        last = set(each["types"][-1:])
        held = set(each["properties"]) & HOLD_IMAGES or set(each["fields"]) & HOLD_IMAGES
        if not each["types"]:
            yield Said("adobe/parse", by_file[each["page"]], None, each["message"], each["severity"])
        elif last & IMAGE_TYPES or held:
            yield Said(f"adobe/{_kind(each)}", by_file[each["page"]], None, each["message"], each["severity"])


def _kind(each: Mapping[str, Any]) -> str:
    return "vocabulary" if "schema.org" in each["message"] else "required"


def version(tools: Tools) -> str:
    tools.file("@marbec/web-auto-extractor")
    return tools.version("@adobe/structured-data-validator")
