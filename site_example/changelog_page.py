"""MkDocs hook: add CHANGELOG.md of the repository to the manual, as changelog.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

_CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"
_HEAD = "---\ntitle: Changelog\ndescription: What is new in each version of imageseo.\n---\n\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    files.append(File.generated(config, "changelog.md", content=page(config.repo_url or "")))
    return files


def page(repository: str) -> str:
    """Return the changelog with links that lead to the manual's pages, and to the repository for other files."""
    text = _CHANGELOG.read_text("utf-8").replace("](site_example/docs/", "](")
    address = (
        f"{repository.rstrip('/')}/blob/main/" if repository else "https://github.com/imageseo/imageseo/blob/main/"
    )
    return _HEAD + re.sub(r"\]\((?=[A-Z]+\.md)", f"]({address}", text)
