"""MkDocs hook: show CHANGELOG.md of the repository on the page changelog.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

_CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"
_MARK = "<!-- CHANGELOG.md -->"
_REPOSITORY = "https://github.com/imageseo/imageseo/blob/main/"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    known = page.file.src_uri == "changelog.md" and _CHANGELOG.is_file()  # a copy of this site may be anywhere
    return markdown.replace(_MARK, changelog()) if known else markdown


def changelog() -> str:
    """Return the changelog with links that lead to the manual's pages, and to the repository for other files."""
    text = _CHANGELOG.read_text("utf-8").replace("](site_example/docs/", "](")
    return re.sub(r"\]\((?=[A-Z]+\.md)", f"]({_REPOSITORY}", text)
