"""A folder of Markdown files as the sources of a site that no integration reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageseo.cli.commands.generate import generate
from imageseo.integrations import content_folder
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import Project, detect_project
from imageseo.model.errors import SiteError
from imageseo.model.finding import Finding, Location, Occurrence, Severity
from tests.support.small_sites import write

HERO = "---\nhero: {style: topo, width: 320, height: 180, alt: Lines}\n---\n# A page\n"
PAGE = '<html lang="en"><head><title>A</title></head><body><main><h1>A</h1></main></body></html>'


def project(folder: Path, notes: list[str] | None = None) -> Project:
    write(folder, {"imageseo.toml": 'content_dir = "content"\n'})
    told = notes if notes is not None else []
    return detect_project(folder, config=None, note=told.append)


@pytest.mark.parametrize(
    ("source", "head", "page"),
    [
        ("guide/start.md", "", "guide/start/index.html"),
        ("guide/start.md", "", "guide/start.html"),
        ("_index.md", "", "index.html"),
        ("posts/launch/index.md", "", "posts/launch/index.html"),  # Hugo: a page bundle
        ("posts/My First Post.md", "", "posts/my-first-post/index.html"),
        ("posts/about.fr.md", "", "fr/posts/about/index.html"),
        ("posts/a.md", "slug: other", "posts/other/index.html"),
        ("posts/a.md", "url: /elsewhere/", "elsewhere/index.html"),
        ("a.md", "permalink: /x/y.html", "x/y.html"),  # Jekyll, Eleventy
        ("home.md", "permalink: /", "index.html"),
        ("_posts/2024-05-01-launch.md", "", "2024/05/01/launch.html"),  # Jekyll
        ("_posts/launch.md", "", "2024/05/01/launch/index.html"),  # Hexo
        ("blog/2024-05-01-launch.mdx", "", "blog/launch/index.html"),  # Docusaurus
        ("intro.md", "", "docs/intro/index.html"),
        ("releases/1.2.md", "", "releases/1.2/index.html"),
        ("node.js.md", "", "node.js.html"),
        ("v1.2.fr.md", "", "fr/v1.2/index.html"),
    ],
)
def test_pages_of_other_generators_are_found(source: str, head: str, page: str, tmp_path: Path) -> None:
    text = HERO.replace("hero:", f"{head}\nhero:") if head else HERO
    write(tmp_path, {f"content/{source}": text, f"public/{page}": PAGE, "public/404.html": PAGE})
    here = project(tmp_path)
    (found,) = [each for each in here.site(tmp_path / "public").pages if each.hints.meta]
    assert (found.path, found.key) == (page, f"content/{source}")


@pytest.mark.parametrize(("name", "other"), [("v1.2", "v1"), ("node.js", "node"), ("1.0.1", "1.0")])
def test_a_dot_in_a_name_takes_no_other_page(name: str, other: str, tmp_path: Path) -> None:
    write(tmp_path, {f"content/{name}.md": HERO, f"content/{other}.md": "# Other\n"})
    write(tmp_path, {f"public/{each}/index.html": PAGE for each in (name, other)})
    pages = project(tmp_path).site(tmp_path / "public").pages
    assert [each.path for each in pages if each.hints.meta] == [f"{name}/index.html"]


def test_a_title_decides_where_addresses_lack_the_folder(tmp_path: Path) -> None:
    """Hugo: `permalinks: posts: /:year/:slug/`, with slugs from titles; drafts are not missed."""
    head = HERO.replace("hero:", "title: First Post\nhero:")
    write(
        tmp_path, {"content/posts/one.md": head, "content/posts/bundle/index.md": HERO.replace("# A page", "# Bundle")}
    )
    write(tmp_path, {"content/posts/later.md": HERO.replace("hero:", "draft: true\nhero:"), "content/x/about.md": HERO})
    titles = {"2024/first-post": "First Post – Site", "2024/bundle": "Bundle", "about": "About"}
    write(
        tmp_path, {f"public/{name}/index.html": PAGE.replace("<title>A", f"<title>{titles[name]}") for name in titles}
    )
    notes: list[str] = []
    pages = project(tmp_path, notes).site(tmp_path / "public").pages
    found = {page.path: page.key for page in pages if page.hints.meta}
    assert found == {
        "2024/first-post/index.html": "content/posts/one.md",
        "2024/bundle/index.html": "content/posts/bundle/index.md",
    }
    assert "x/about.md" in notes[0]
    assert "later.md" not in notes[0]


def test_a_name_alone_is_no_proof(tmp_path: Path) -> None:
    """`blog/about.md` is not `/about/`; two pages of one name are not chosen from; what is lost is told."""
    pages = ("about/index.html", "2023/launch/index.html", "2024/launch/index.html")
    write(tmp_path, {f"public/{page}": PAGE for page in pages})
    write(
        tmp_path, {"content/blog/about.md": HERO, "content/_posts/launch.md": HERO, "content/plain.md": "# No hero\n"}
    )
    notes: list[str] = []
    here = project(tmp_path, notes)
    assert not [page for page in here.site(tmp_path / "public").pages if page.hints.meta]
    assert "blog/about.md" in notes[0]
    assert "_posts/launch.md" in notes[0]
    assert "plain.md" not in notes[0]


def test_generate_pins_without_the_built_site(tmp_path: Path) -> None:
    write(tmp_path, {"content/guide/start.md": HERO, "content/plain.md": "# Plain\n", "content/.draft.md": HERO})
    report = generate(project(tmp_path), names=(), root=None, progress=Quiet())
    assert not report.failed
    assert 'page = "content/guide/start.md"' in (tmp_path / "imageseo.lock").read_text("utf-8")
    write(tmp_path, {"public/guide/start/index.html": PAGE})
    again = generate(project(tmp_path), names=(), root=tmp_path / "public", progress=Quiet())
    assert "1 kept" in again.as_text() or "up to date" in again.as_text(), again.as_text()


def test_broken_front_matter_is_a_finding_whether_its_page_is_found_or_not(tmp_path: Path) -> None:
    broken = HERO.replace("Lines}", "Lines")
    write(tmp_path, {"content/a.md": broken, "content/b.md": broken, "content/c.md": HERO})
    write(tmp_path, {"public/a/index.html": PAGE, "public/c/index.html": PAGE})
    site = project(tmp_path).site(tmp_path / "public")
    faults = [page.hints.fault for page in site.pages if page.hints.fault] + list(site.faults)
    assert sorted(str(fault.source) for fault in faults) == ["content/a.md", "content/b.md"]
    assert [page.path for page in site.pages if page.hints.meta] == ["c/index.html"]


def test_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="content_dir"):
        content_folder.load(tmp_path / "none", note=print).read(project=tmp_path, keys=("hero",), root=None)


@pytest.mark.parametrize(
    ("files", "built", "place"),
    [
        pytest.param(
            {
                "hugo.toml": 'baseURL = "/"\ntheme = "t"\n',
                "content/posts/a/index.md": "---\ntitle: A\n---\nx ![](x.png)\n",
            },
            "public/posts/a/index.html",
            "content/posts/a/index.md:4:3",
            id="Hugo",
        ),
        pytest.param(
            {"_config.yml": "permalink: pretty\n", "_posts/2024-05-01-a.md": "![](x.png)\n", "_layouts/p.html": "x"},
            "_site/2024/05/01/a/index.html",
            "_posts/2024-05-01-a.md:1:1",
            id="Jekyll",
        ),
        pytest.param(
            {".eleventy.js": "module.exports = {}\n", "src/a.njk": "<p>\n  <img src='x.png'>\n", "src/README.md": "x"},
            "_site/a/index.html",
            "src/a.njk:2:3",
            id="Eleventy",
        ),
        pytest.param(
            {"imageseo.toml": 'content_dir = "texts"\n', "texts/a.md": "\n![](<x.png>)\n"},
            "out/a.html",
            "texts/a.md:2:1",
            id="the setting",
        ),
    ],
)
def test_findings_are_located_in_the_sources_of_any_generator(
    files: dict[str, str], built: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from imageseo.cli.commands.author_files import source_lines

    monkeypatch.chdir(tmp_path)
    write(tmp_path, {**files, built: '<article><h1>A</h1><p><img src="x.png"></p></article>'})
    root = Path(built).parts[0]
    project = detect_project(tmp_path, config=None, note=lambda text: None)
    site = project.site(tmp_path / root)
    page = next(each for each in site.pages if f"{root}/{each.path}" == built)
    at = Location(
        page=page.path, source=page.source, line=1, column=25, image="x.png", occurrence=Occurrence(0, 1, 0, 1)
    )
    found = source_lines(project, site).source(
        Finding(rule="alt-missing", severity=Severity.ERROR, message="x", location=at)
    )
    assert str(found) == place
