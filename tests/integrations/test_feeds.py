"""Feeds that generators and their plug-ins write: edited after they are written, and read by a feed reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.extras import needs_packages
from tests.support.small_sites import installed, mkdocs_site, pelican_site, photo, run, tree

FEEDS = 'FEED_ALL_ATOM = "feeds/all.atom.xml"\nFEED_ALL_RSS = "feeds/all.rss.xml"\nRSS_FEED_SUMMARY_ONLY = False\n'
# Writes its feeds when the build has finished, as mkdocs-rss-plugin does, and stands behind imageseo.
RSS_PLUGIN = """site_author: A
plugins:
  - imageseo
  - rss:
      use_git: false
      image: null
      json_feed_enabled: true
      abstract_chars_count: -1
"""


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    installed()


def entries(file: Path) -> list[Any]:
    import feedparser  # type: ignore[import-untyped]

    found = feedparser.parse(file.read_bytes())
    assert not found.bozo, found.bozo_exception
    return list(found.entries)


@pytest.mark.slow
@needs_packages("feedparser")
def test_feeds_of_pelican(tmp_path: Path) -> None:
    site = pelican_site(
        tmp_path,
        config=FEEDS,
        files={
            "content/second.md": "Title: Second & \u00fc\nDate: 2024-02-01\n\nText without an image.\n",
            "content/third.md": "Title: Third\nDate: 2024-03-01\nHero: {static}images/hero.jpg\nHero_alt: A\n\nText\n",
            "content/images/hero.jpg": photo(seed=4),
        },
    )
    assert run("pelican", "content", "--fatal", "errors", cwd=site).returncode == 0
    before = tree(site / "output")
    sizes = {name: len(before[f"images/{name}"]) for name in ("hero.jpg", "photo.jpg")}
    for name in ("feeds/all.atom.xml", "feeds/all.rss.xml"):
        found = entries(site / "output" / name)
        assert [[(each.href.rpartition("/")[2], int(each.length)) for each in entry.enclosures] for entry in found] == [
            [("hero.jpg", sizes["hero.jpg"])],
            [],
            [("photo.jpg", sizes["photo.jpg"])],
        ], name
        assert [entry.title for entry in found] == ["Third", "Second & \u00fc", "First"]
    assert run("imageseo", "build", "output", cwd=site).returncode == 0
    assert tree(site / "output") == before
    assert run("imageseo", "lint", "output", cwd=site).returncode == 0


@pytest.mark.slow
@needs_packages("feedparser", "mkdocs_rss_plugin")
def test_feeds_of_mkdocs_rss_plugin(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "docs/text.md": "---\ndate: 2024-01-01\n---\n# Text\n\nNo image.\n",
        "docs/own.md": "---\nimage: images/own.png\n---\n# Own\n\n![A photo](images/home.jpg)\n",
    }
    site = mkdocs_site(tmp_path, config=RSS_PLUGIN, files=files)
    done = run("mkdocs", "build", cwd=site)
    assert done.returncode == 0, done.stderr
    size = (site / "site/images/home.jpg").stat().st_size
    found = {entry.title: entry for entry in entries(site / "site/feed_rss_created.xml")}
    home = found["Home"]
    assert [dict(each) for each in home.enclosures] == [
        {"href": "https://example.org/docs/images/home.jpg", "length": str(size), "type": "image/jpeg"}
    ]
    assert 'src="https://example.org/docs/images/home.jpg"' in home.summary
    assert found["Text"].enclosures == []
    assert len(found["Own"].enclosures) == 1, "the plug-in's own"
    items = {item["title"]: item for item in json.loads((site / "site/feed_json_created.json").read_bytes())["items"]}
    assert items["Home"]["image"] == "https://example.org/docs/images/home.jpg"
    before = tree(site / "site")
    assert run("imageseo", "build", "site", cwd=site).returncode == 0
    assert tree(site / "site") == before
