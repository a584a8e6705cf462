"""Social cards in real builds of the hosts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from tests.support import small_sites

ARTICLE = "Title: First steps\nDate: 2026-01-02\nSlug: first-steps\n\nText\n"
TOML = '[social]\ncards = "title"\n'


@pytest.mark.parametrize(
    ("host", "command", "name"),
    [
        ("mkdocs", "mkdocs build -q -d site", "site/index.html"),
        ("mkdocs", "properdocs build -q -f mkdocs.yml -d site", "site/index.html"),
        ("pelican", "pelican content -q", "output/first-steps.html"),
        ("sphinx", "sphinx -q . _build", "_build/index.html"),
    ],
)
def test_pages_without_a_hero_get_a_card(host: str, command: str, name: str, tmp_path: Path) -> None:
    files = {"docs/index.md": "# Home\n\nText\n", "content/a.md": ARTICLE, "imageseo.toml": TOML}
    getattr(small_sites, f"{host}_site")(tmp_path, files=files)
    done = small_sites.run(*command.split(), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    html = (tmp_path / name).read_text("utf-8")
    (path,) = re.findall(r'<meta property="og:image" content="https://example.org/(?:docs/|blog/)?([^"]*)"', html)
    assert path.startswith("assets/social/")
    with Image.open((tmp_path / name).parent / path) as card:
        assert (card.format, card.size) == ("JPEG", (1200, 630))
