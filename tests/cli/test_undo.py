"""Command `undo`: after it a built site is as the generator wrote it."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest

from imageseo.cli.commands import undo
from imageseo.config.settings import Settings
from imageseo.integrations.project import Project
from tests.support.small_sites import mkdocs_site, photo, run, tree, write

HEAD = "<!doctype html>\r\n<html lang=en><head><title>A</title>{}</head><body><main><article><h1>A</h1>\n"
PAGES: Mapping[str, str] = {
    "index.html": HEAD.format("<link rel=preload as=image href=/a.jpg>") + "<p><img src=/a.jpg alt='A'>",
    "blog/lazy.html": HEAD.format("") + f"<p>{'word ' * 3000}</p><img src=../a.jpg alt=A class='x'></article>",
    "blog/owned.html": HEAD.format("") + '<img src="../a.jpg" data-src="../b.jpg" alt="B"><img src="../b.jpg" alt="">',
    "blog/hero.html": HEAD.format('<meta name="imageseo:hero" content=\'{"style":"ridges","seed":3,"alt":"R"}\'>'),
    "excluded/index.html": HEAD.format("") + '<img src="../a.jpg" alt="A">',
}
SITEMAP = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    "<url><loc>https://e.example/</loc></url></urlset>\n"
)


@pytest.fixture
def built(tmp_path: Path) -> tuple[Path, Mapping[str, bytes]]:
    """A project that was built with all that a build can add, and the content of its site before."""
    settings = 'site_url = "https://e.example/"\nfallback = "recompress"\nstyle = "file"\nhero.crops = ["1:1"]\n'
    files: dict[str, str | bytes] = {"public/a.jpg": photo(), "public/b.jpg": photo(), "public/sitemap.xml": SITEMAP}
    pages: dict[str, str | bytes] = {f"public/{path}": text.encode() for path, text in PAGES.items()}
    copy = {"public/index.html.gz": gzip.compress(PAGES["index.html"].encode())}
    write(tmp_path, {"imageseo.toml": settings, **files, **pages, **copy})
    before = content(tmp_path / "public")
    done = run("imageseo", "build", "public", cwd=tmp_path, env={"IMAGESEO_PROFILE": "small"})
    assert done.returncode == 0, done.stdout + done.stderr
    after = content(tmp_path / "public")
    assert all(after[path] != before[path] for path in (*PAGES, "sitemap.xml"))
    assert len(after) > len(before) + 5
    # It was built before it was excluded.
    write(tmp_path, {"imageseo.toml": settings + 'exclude_pages = ["excluded/*"]\n'})
    return tmp_path, before


def content(root: Path) -> Mapping[str, bytes]:
    """Return all files; compressed ones by what they hold."""
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    return {path: gzip.decompress(data) if path.endswith(".gz") else data for path, data in files.items()}


@pytest.mark.slow
def test_everything_is_as_before(built: tuple[Path, Mapping[str, bytes]]) -> None:
    folder, before = built
    done = run("imageseo", "undo", "public", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    after = content(folder / "public")
    assert {path for path in before if after[path] != before[path]} == {"sitemap.xml"}
    assert after["sitemap.xml"].count(b"image") == 2, "only the declaration of the namespace is left"
    assert set(after) - set(before) == {"assets/heroes/blog--hero.jpg"}
    assert "undo: 5 pages" in done.stdout
    assert "sitemap.xml is kept" in done.stderr
    assert "assets/heroes/ is kept" in done.stderr
    left = tree(folder / "public")
    assert run("imageseo", "undo", "public", cwd=folder).returncode == 0
    assert tree(folder / "public") == left, "a second run has nothing to do"


@pytest.mark.slow
def test_without_the_cache(built: tuple[Path, Mapping[str, bytes]]) -> None:
    """Markup and variants are found in the pages themselves."""
    folder, before = built
    for path in sorted((folder / ".cache").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    done = run("imageseo", "undo", "public", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    after = content(folder / "public")
    assert {path: after[path] for path in PAGES} == {path: before[path] for path in PAGES}
    assert not [path for path in after if path.endswith((".avif", ".webp", ".css"))]


def test_what_is_no_site(tmp_path: Path) -> None:
    done = run("imageseo", "undo", "gone", cwd=tmp_path)
    assert done.returncode == 2
    assert "gone" in done.stderr
    assert "Traceback" not in done.stderr


def test_all_sitemaps_that_list_images_are_named(tmp_path: Path) -> None:
    """Astro writes an index and numbered files."""
    images = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
    named = {f"sitemap-{number}.xml": f"<urlset {images}/>" for number in (0, 1)}
    write(tmp_path, {"site/index.html": PAGES["index.html"], "site/sitemap-index.xml": "<sitemapindex/>"})
    write(tmp_path / "site", {"sitemap-2.xml": SITEMAP, **named})
    project = Project(folder=tmp_path, settings=Settings())
    assert [line.partition(",")[0] for line in undo.left(project, tmp_path / "site")] == ["sitemap-0.xml"]
    assert "sitemap-0.xml, sitemap-1.xml are kept" in next(undo.left(project, tmp_path / "site"))


def test_page_is_undone_and_a_folder_of_the_same_name_is_not_confused_with_it(tmp_path: Path) -> None:
    page = "---\nhero: {style: topo, seed: 7, width: 96, height: 64, alt: A}\n---\n# A\n"
    mkdocs_site(tmp_path, files={"docs/guide/index.md": page, "docs/index.md": page})
    (tmp_path / "guide").mkdir()

    def imageseo(*words: str) -> str:
        done = run("imageseo", *words, cwd=tmp_path)
        return f"{done.returncode} {done.stdout}{done.stderr}"

    assert "2 made" in imageseo("generate")
    before = tree(tmp_path / "heroes")
    assert "nothing to undo" in imageseo("undo", "docs/guide/index.md")
    assert imageseo("undo", "nowhere").startswith("2 imageseo: Site: nowhere: no such folder, and no page of that name")
    write(tmp_path, {"docs/guide/index.md": page.replace("7", "8")})
    assert imageseo("generate").startswith("0 ")
    assert imageseo("undo", "docs/guide/index.md").startswith("0 docs/guide/index.md: back to candidate 1")
    masters = {name: data for name, data in tree(tmp_path / "heroes").items() if not name.startswith(".")}
    assert masters == {name: data for name, data in before.items() if not name.startswith(".")}
    assert imageseo("undo", "guide").startswith("2 "), (
        "a folder without pages is no site, and guide is no key of a page"
    )
