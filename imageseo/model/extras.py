"""How to install imageseo with an optional part: it is in no package index yet, so from where it came."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

CLONE = "/path/to/the/clone"


def install_command(extra: str = "") -> str:
    """``pip install "/path/to/the/clone[mkdocs]"``, with the true folder where that is known and still there."""
    folder, editable = _origin()
    part = f"[{extra}]" if extra else ""
    return f'pip install {"-e " if editable else ""}"{folder}{part}"'


def _origin() -> tuple[str, bool]:
    """The folder that this installation was made from, and whether it still runs from there (PEP 610)."""
    from importlib.metadata import PackageNotFoundError, distribution  # these take long to load, for a hint
    from urllib.request import url2pathname

    try:
        direct = json.loads(distribution("imageseo").read_text("direct_url.json") or "{}")
        url = urlsplit(direct["url"])
        folder = Path(url2pathname(url.path)) if url.scheme == "file" else None
        if folder is not None and (folder / "pyproject.toml").is_file():
            return str(folder), bool(direct.get("dir_info", {}).get("editable"))
    except (PackageNotFoundError, OSError, ValueError, KeyError):
        pass
    return CLONE, False
