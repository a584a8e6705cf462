"""The pip command for an optional part. imageseo is not in a package index yet, so it names the local folder."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

CLONE = "/path/to/the/clone"


def install_command(extra: str = "") -> str:
    """Return ``pip install "/path/to/the/clone[mkdocs]"``, with the actual folder if it is known and still exists."""
    folder, editable = _origin()
    part = f"[{extra}]" if extra else ""
    return f'pip install {"-e " if editable else ""}"{folder}{part}"'


def install_command_for(package: str) -> str:
    """Return the command for a package that another part needs: by the extra of that name, if there is one."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        known = metadata("imageseo").get_all("Provides-Extra") or []
    except PackageNotFoundError:
        known = []
    return install_command(package) if package in known else f"pip install {package}"


def _origin() -> tuple[str, bool]:
    """Return the folder that imageseo was installed from, and whether the installation is editable (PEP 610)."""
    from importlib.metadata import PackageNotFoundError, distribution  # slow to import, and only needed for a hint
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
