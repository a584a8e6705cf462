"""The hero outside its figure: `hero_image` in templates of MkDocs and Pelican, as the build then publishes it."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imageseo.model.hero_image import hero_crop, relative_to
from imageseo.model.site import Page
from imageseo.pipeline.declared_heroes import in_order
from tests.support.small_sites import installed, photo, run, write

RECIPE = "seed: 5\n  width: 320\n  height: 180\n  style: topo"
FAST = """
      formats: [webp]
      widths: [160]
      profile: fast
      hero: {crops: ["1:1", "16:9"]}
"""
PRINT = '<script type="text/x-hero">{{ IMAGE | default(none) | tojson | e }}</script>'


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    installed()


def printed(page: Path) -> Any:
    found = re.search('<script type="text/x-hero">(.*?)</script>', page.read_text("utf-8"))
    assert found is not None
    return json.loads(unescape(found[1]))


def check_files(root: Path, hero: Any) -> list[str]:
    """Return the addresses of a hero and its crops, whose files have the size that it says."""
    for each in (hero, *hero["crops"].values()):
        with Image.open(root / each["url"]) as image:
            assert image.size == (each["width"], each["height"]), each
    return [hero["url"], *(each["url"] for each in hero["crops"].values())]


def article(hero: str, *, title: str = "T") -> str:
    return f"---\ntitle: {title}\nhero:\n  {hero}\n---\n\n# {title}\n\nText\n"


def test_mkdocs_templates_have_the_heroes_that_are_published(tmp_path: Path, subtests: Any) -> None:
    site = write(
        tmp_path,
        {
            "mkdocs.yml": "site_name: S\nsite_url: https://example.org/docs/\ntheme: {name: null, custom_dir: theme}\n"
            f"plugins:\n  - imageseo:{FAST}",
            "theme/main.html": "<html><head><title>T</title></head><body>"
            + PRINT.replace("IMAGE", "page.meta.hero_image")
            + "{% for p in nav.pages if p.meta.hero_image is mapping %}"
            "<img src=\"{{ (p.meta.hero_image | hero_crop('1:1')).url | url }}\" alt=''>{% endfor %}"
            "<main><article>{{ page.content }}</article></main></body></html>",
            "docs/index.md": article(f"{RECIPE}\n  alt: Some lines"),
            "docs/same.md": article(f"{RECIPE}\n  alt: Some lines".replace("seed: 5", "seed: 6")),
            "docs/taken.md": article(f"{RECIPE}\n  alt: My file".replace("seed: 5", "seed: 7")),
            "docs/file.md": article("src: img/own.jpg\n  alt: Own"),
            "docs/carded.md": article("src: img/own.jpg\n  card: true\n  alt: Card over my photo"),
            "docs/own.md": f"---\nhero_image: mine.png\nhero:\n  {RECIPE}\n---\n# Own\n",
            "docs/wrong.md": article("seed: none"),
            "docs/none.md": "# None\n",
            "docs/img/own.jpg": photo(),
            "docs/assets/heroes/my-file.jpg": photo(),
        },
    )
    done = run("mkdocs", "build", cwd=site)
    root = site / "site"
    with subtests.test("recipe"):
        hero = printed(root / "index.html")
        assert check_files(root, hero) == [f"assets/heroes/some-lines{end}.jpg" for end in ("", "-16x9", "-1x1")]
        assert (hero["alt"], hero["srcset"]) == ("Some lines", "/docs/assets/heroes/some-lines.jpg 320w")
    for name in ("same", "taken"):
        with subtests.test(name):
            (url, *_) = check_files(root, printed(root / f"{name}/index.html"))
            assert re.fullmatch(r"assets/heroes/(some-lines|my-file)-[0-9a-f]{8}\.jpg", url)
            assert f'src="../{url}"' in (root / f"{name}/index.html").read_text("utf-8"), "it is the hero of its page"
    with subtests.test("file"):
        assert check_files(root, printed(root / "file/index.html")) == ["img/own.jpg"]
    with subtests.test("card over a file"):
        names = check_files(root, printed(root / "carded/index.html"))
        assert names == [f"assets/heroes/card-over-my-photo{end}.jpg" for end in ("", "-16x9", "-1x1")]
    with subtests.test("the author's own key"):
        assert printed(root / "own/index.html") == "mine.png"
    with subtests.test("no hero"):
        assert "hero-recipe" in done.stderr
        for name in ("wrong", "none"):
            assert printed(root / f"{name}/index.html") is None
    with subtests.test("ProperDocs"):
        before = printed(root / "same/index.html")
        (site / "mkdocs.yml").rename(site / "properdocs.yml")
        run("properdocs", "build", cwd=site)
        assert printed(root / "same/index.html") == before
    with subtests.test("list"):
        assert 'src="../assets/heroes/some-lines-1x1.jpg"' in (root / "none/index.html").read_text("utf-8")


def test_pelican_contents_have_the_heroes_that_are_published(tmp_path: Path, subtests: Any) -> None:
    def content(*lines: str, title: str = "T") -> str:
        return "\n".join([f"Title: {title}", "Date: 2024-03-01", *lines]) + "\n\nText\n"

    recipe = ("Hero_seed: 5", "Hero_width: 320", "Hero_height: 180", "Hero_style: topo")
    template = (
        "<html><head><title>T</title></head><body>"
        + PRINT.replace("IMAGE", "(article or page).hero_image")
        + "<main><article><h1>T</h1>{{ (article or page).content }}</article></main></body></html>"
    )
    site = write(
        tmp_path,
        {
            "pelicanconf.py": 'SITEURL = "https://example.org"\nPATH = "content"\nTHEME = "theme"\nTIMEZONE = "UTC"\n'
            'STATIC_PATHS = ["images"]\nFEED_ALL_ATOM = CATEGORY_FEED_ATOM = None\n'
            'DIRECT_TEMPLATES = ["index"]\nAUTHOR_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = ""\n'
            'IMAGESEO = {"formats": ["webp"], "widths": [160], "profile": "fast", "hero": {"crops": ["1:1"]}}\n',
            "theme/templates/article.html": template,
            "theme/templates/page.html": template,
            "theme/templates/index.html": "<html><body>{% for a in articles if a.hero_image is mapping %}"
            "<img src=\"{{ SITEURL }}/{{ (a.hero_image | hero_crop('1:1')).url }}\" alt=''>{% endfor %}</body></html>",
            "theme/static/x.css": "",
            "content/first.md": content(*recipe, "Hero_alt: Some lines", title="First"),
            "content/second.md": content("Hero: {static}images/own.jpg", "Hero_alt: Own", title="Second"),
            "content/fourth.md": content(title="Fourth"),
            "content/pages/about.md": content(*recipe, "Hero_alt: Some lines", title="About"),
            "content/images/own.jpg": photo(),
        },
    )
    done = run("pelican", "content", cwd=site)
    assert done.returncode == 0, done.stdout + done.stderr
    root = site / "output"
    for name in ("first.html", "pages/about.html"):
        with subtests.test(name):
            hero = printed(root / name)
            assert check_files(root, hero) == ["assets/heroes/some-lines.jpg", "assets/heroes/some-lines-1x1.jpg"]
            assert hero["alt"] == "Some lines"
    with subtests.test("file"):
        assert check_files(root, printed(root / "second.html")) == ["images/own.jpg"]
    with subtests.test("no hero"):
        assert printed(root / "fourth.html") is None
    with subtests.test("list"):
        assert "https://example.org/assets/heroes/some-lines-1x1.jpg" in (root / "index.html").read_text("utf-8")


def test_filter_leaves_what_is_no_hero_and_pages_are_ordered_as_files() -> None:
    for value in (None, "mine.png", {"url": "a.jpg"}, {"url": "a.jpg", "crops": {}}):
        assert hero_crop(value, "1:1") is value
    pages = [Page(path=path) for path in ("b/a.html", "z.html", "a/z.html", "a/b/c.html", "a.html")]
    assert [page.path for page in in_order(pages)] == ["a.html", "z.html", "a/z.html", "a/b/c.html", "b/a.html"]


def test_site_of_one_language_has_addresses_from_its_own_root() -> None:
    hero = {"url": "assets/heroes/a.jpg", "crops": {"1:1": {"url": "assets/heroes/a-1x1.jpg", "width": 9, "height": 9}}}
    found = relative_to(hero, "de")
    assert found["url"] == "../assets/heroes/a.jpg"
    assert hero_crop(found, "1:1")["url"] == "../assets/heroes/a-1x1.jpg"
