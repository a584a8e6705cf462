"""Builds of what has changed leave the same site as one build of all of it, and look at nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from imageseo.config.settings import Settings
from imageseo.integrations.front_matter_file import read_source
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import Project, detect_project
from imageseo.integrations.watching import site_reader
from imageseo.integrations.watching.changes import ChangeCollector, Changes
from imageseo.integrations.watching.site_builder import SiteBuilder
from imageseo.pipeline.result import BuildResult
from imageseo.pipeline.reuse import PageReplayer
from imageseo.storage import output
from imageseo.storage.atomic import write_atomic
from tests.support.small_sites import photo, tree, write

PAGE = """<!doctype html><html lang=en><head><title>{0}</title><meta name=description content=d>
<link rel=stylesheet href=/main.css></head><body><main><article><h1>{0}</h1>
<img src="/images/{1}.jpg" alt="A scene of {0}"><p>{2}</p></article></main></body></html>"""
SETTINGS = 'site_url = "https://e.example/"\nprofile = "fast"\nencode.isolate = false\n'
ROBOTS = "User-agent: *\nAllow: /\n"

Files = dict[str, str | bytes]


def page(number: int, image: object = None, text: str = "x") -> str:
    return PAGE.format(f"Page {number}", number % 3 if image is None else image, text)


def sitemap(*, without: int | None = None) -> str:
    locs = "".join(f"<url><loc>https://e.example/p{each}/</loc></url>" for each in range(10) if each != without)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{space}">{locs}</urlset>\n'


def generated() -> Files:
    """What a generator writes: ten pages, three images, a style sheet, a sitemap."""
    files: Files = {f"images/{each}.jpg": photo(360, 240, seed=each) for each in range(3)}
    files |= {f"p{each}/index.html": page(each) for each in range(10)}
    files |= {"sitemap.xml": sitemap(), "main.css": "article{max-width:700px}", "robots.txt": ROBOTS}
    files["p9/index.html"] = page(9, "missing")
    return files


class Watched:
    """A site with the builds of one process. ``looked``: pages whose files the last build looked at."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, more: Mapping[str, str | bytes]) -> None:
        self.folder, self.files, self.more = folder, generated(), more
        self.root = (write(folder, self._all()) / "public").resolve()
        self.builder = SiteBuilder(progress=Quiet(), config=None)
        self.project = load(folder)
        self.looked: list[str] = []
        real = PageReplayer.find_record

        def find_record(replayer: PageReplayer, page: object, context: bytes | None) -> object:
            self.looked.append(page.path)  # type: ignore[attr-defined]
            return real(replayer, page, context)  # type: ignore[arg-type]

        monkeypatch.setattr(PageReplayer, "find_record", find_record)

    def _all(self) -> dict[str, str | bytes]:
        return {**self.more, **{f"public/{path}": data for path, data in self.files.items()}}

    def build(self, *changed: str, sources: tuple[Path, ...] = (), everything: bool = False) -> BuildResult:
        self.looked.clear()
        changes = Changes(paths=None if everything else frozenset(changed), sources=frozenset(sources))
        return self.builder.build(self.project, self.root, changes)

    def change(self, files: Mapping[str, str | bytes | None]) -> BuildResult:
        """Let the generator write or remove files, and build them."""
        for path, data in files.items():
            if data is None:
                del self.files[path]
                (self.root / path).unlink()
            else:
                self.files[path] = data
                write(self.root, {path: data})
        return self.build(*files)

    def in_one_build(self, folder: Path) -> BuildResult:
        """Build what the generator has written from nothing."""
        shutil.rmtree(folder, ignore_errors=True)
        write(folder, self._all())
        shutil.copytree(self.folder / ".cache", folder / ".cache", ignore=shutil.ignore_patterns("memo"))
        root = (folder / "public").resolve()
        return SiteBuilder(progress=Quiet(), config=None).build(load(folder), root, Changes())


def load(folder: Path) -> Project:
    return detect_project(folder, config=None, note=lambda _: None)


NOINDEX = page(5).replace("<meta", "<meta name=robots content=noindex><meta", 1)

CHANGES: list[tuple[str, dict[str, str | bytes | None], set[str] | None]] = [
    ("a text", {"p1/index.html": page(1, text="new")}, {"p1"}),
    ("another image of a page", {"p1/index.html": page(1, 2)}, {"p1"}),
    ("an edited image", {"images/2.jpg": photo(360, 240, seed=9)}, {"p1", "p2", "p5", "p8"}),
    ("a new page", {"new.html": page(10, 0)}, {"new"}),
    ("a page in a new folder", {"blog/a/index.html": page(11, 1)}, {"blog"}),
    ("the image that was missing", {"images/missing.jpg": photo(360, 240, seed=4)}, None),
    ("a page without images", {"p0/index.html": "<!doctype html><title>0</title><p>none"}, {"p0"}),
    ("a page removed", {"p4/index.html": None}, set()),
    ("a page renamed", {"new.html": None, "newer.html": page(10, 0)}, {"newer"}),
    ("an image removed", {"images/0.jpg": None}, None),
    ("and back", {"images/0.jpg": photo(360, 240, seed=0)}, None),
    ("a style sheet", {"main.css": "article{max-width:400px}"}, None),
    ("a page that may not be listed", {"p5/index.html": NOINDEX}, {"p5"}),
    ("the sitemap", {"sitemap.xml": sitemap(without=3)}, set()),
    ("the robots", {"robots.txt": "User-agent: *\nDisallow: /p2/\n"}, None),
    ("the same bytes", {"p2/index.html": page(2)}, {"p2"}),
    (
        "all images of no page",
        {**{f"p{each}/index.html": page(each, 1) for each in (1, 2, 8)}},
        None,
    ),
]


@pytest.mark.slow
def test_builds_of_changes_are_those_of_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after another on the same site. The third value: folders of pages to look at; None: not asked here."""
    watched = Watched(tmp_path / "watched", monkeypatch, {"imageseo.toml": SETTINGS})
    watched.build(everything=True)
    for what, files, looked in CHANGES:
        result = watched.change(files)
        seen = {path.partition("/")[0].removesuffix(".html") for path in watched.looked}
        assert looked is None or seen - {"p9"} <= looked, what
        once = watched.in_one_build(tmp_path / "once")
        assert tree(watched.root) == tree(tmp_path / "once/public"), what
        assert texts(result) == texts(once), what
        after = watched.build(everything=True)
        assert not after.changed, f"{what}: nothing was left to do"
        assert texts(after) == texts(result), what
        watched.build()
        assert {*watched.looked} <= {"p9/index.html"}, "a build of nothing looks at nothing"


def texts(result: BuildResult) -> list[str]:
    return [f"{each.rule} {each.location.page} {each.message}" for each in result.findings]


@pytest.mark.slow
def test_a_front_matter_and_the_files_of_a_hero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources are read again only if they changed, and all of them only if what they declare did."""
    more: Files = {"imageseo.toml": SETTINGS + 'content_dir = "content"\n'}
    more |= {f"content/p{each}.md": f"# Page {each}\n\ntext\n" for each in range(10)}
    watched = Watched(tmp_path / "watched", monkeypatch, more)
    watched.build(everything=True)
    reads: list[str] = []

    def counted(file: Path) -> object:
        reads.append(file.name)
        return read_source(file)

    monkeypatch.setattr(site_reader, "read_source", counted)

    def write_source(number: int, text: str) -> Path:
        more[f"content/p{number}.md"] = text
        return write(watched.folder, {f"content/p{number}.md": text}) / f"content/p{number}.md"

    def same() -> None:
        watched.in_one_build(tmp_path / "once")
        assert tree(watched.root) == tree(tmp_path / "once/public")
        assert not watched.build(everything=True).changed

    source = write_source(3, "# Page 3\n\nanother text\n")
    watched.files["p3/index.html"] = page(3, text="another")
    write(watched.root, {"p3/index.html": page(3, text="another")})
    watched.build("p3/index.html", sources=(source,))
    assert reads == ["p3.md"]
    assert {*watched.looked} <= {"p3/index.html", "p9/index.html"}
    same()
    watched.build(sources=(write_source(3, "---\nhero: images/1.jpg\n---\n# Page 3\n"),))
    assert b"images/1" in (watched.root / "p3/index.html").read_bytes(), "the page itself did not change"
    same()
    watched.change({"images/1.jpg": photo(360, 240, seed=8)})
    same()
    drawn = "{style: topo, width: 320, height: 180, alt: Lines}"
    watched.build(sources=(write_source(4, f"---\nhero: {drawn}\n---\n# Page 4\n"),))
    assert b'alt="Lines"' in (watched.root / "p4/index.html").read_bytes()
    same()
    watched.change({"p4/index.html": page(4, text="again")})
    same()
    (watched.root / "assets/heroes/lines.jpg").unlink()  # of a hero that no page has any more, it stays
    watched.build(sources=(write_source(4, "# Page 4\n"), write_source(3, "---\nhero: [\n---\n")))
    same()
    (watched.folder / "content/p5.md").unlink()
    del more["content/p5.md"]
    watched.build(sources=(watched.folder / "content/p5.md",))
    same()


@pytest.mark.parametrize("setting", ['fallback = "recompress"', 'style = "file"', "sitemap = false", 'site_url = ""'])
def test_settings_that_concern_the_whole_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    name = setting.partition(" ")[0]
    settings = "\n".join(line for line in SETTINGS.splitlines() if not line.startswith(name))
    setting = "" if setting == 'site_url = ""' else setting
    watched = Watched(tmp_path / "watched", monkeypatch, {"imageseo.toml": f"{setting}\n{settings}\n"})
    watched.build(everything=True)
    for files in (
        {"p1/index.html": page(1, 2, "new")},
        {"images/2.jpg": photo(360, 240, seed=9)},
        {
            "p2/index.html": None,
            "more.html": page(2, 0).replace("<link", '<link rel=canonical href="/more.html"><link'),
        },
    ):
        watched.change(files)
        watched.in_one_build(tmp_path / "once")
        assert tree(watched.root) == tree(tmp_path / "once/public")
        assert not watched.build(everything=True).changed


def test_what_a_failed_build_did_not_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its changes are not those of the next one: that looks at everything."""
    watched = Watched(tmp_path / "watched", monkeypatch, {"imageseo.toml": SETTINGS})
    watched.build(everything=True)
    write(watched.root, {"p1/index.html": page(1, text="new")})
    write(watched.folder, {"imageseo.lock": "no lock file"})
    with pytest.raises(Exception, match=r"imageseo\.lock"):
        watched.build("p1/index.html")
    (watched.folder / "imageseo.lock").unlink()
    assert watched.build().changed == ("p1/index.html",)
    shutil.rmtree(watched.folder / ".cache")
    assert watched.build().changed == (), "the state is gone: everything is looked at"
    assert len(watched.looked) == 10
    watched.project = load(watched.folder)
    watched.build()
    assert len(watched.looked) == 10, "other settings may hold"


def test_another_build_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(tmp_path / "watched", monkeypatch, {"imageseo.toml": SETTINGS})
    watched.build(everything=True)
    write(watched.root, {"p1/index.html": page(1, text="new"), "p2/index.html": page(2, 0)})
    other = SiteBuilder(progress=Quiet(), config=None).build(load(watched.folder), watched.root, Changes())
    assert "p1/index.html" in other.changed
    watched.build()
    assert len(watched.looked) == 10, "its state is not ours"


def test_collected_changes(tmp_path: Path) -> None:
    collector = ChangeCollector(root=tmp_path)
    assert collector.take().paths is None, "before the first build nothing is known"
    collector.add("a.html")
    collector.add("a.html")
    write(tmp_path, {"new/deep/b.html": "", "new/c.jpg": ""})
    collector.add_folder("new")
    collector.add_folder("gone")
    collector.add_source(tmp_path / "a.md")
    assert collector.take() == Changes(
        paths=frozenset({"a.html", "new/deep/b.html", "new/c.jpg"}), sources=frozenset({tmp_path / "a.md"})
    )
    assert collector.take() == Changes(paths=frozenset())
    collector.add("a.html")
    collector.lose()
    assert collector.take().paths is None
    assert collector.take().paths == frozenset()


def test_a_site_in_a_subfolder_of_links(tmp_path: Path) -> None:
    """Pages are read again only where they are; a link out of the site stays what it was."""
    root = write(tmp_path, {"public/index.html": page(0), "out/secret.html": page(1), "imageseo.toml": SETTINGS})
    root = (root / "public").resolve()
    builder, project = SiteBuilder(progress=Quiet(), config=None), Project(settings=Settings(), folder=tmp_path)
    builder.build(project, root, Changes())
    (root / "link.html").symlink_to(tmp_path / "out/secret.html")
    before = (tmp_path / "out/secret.html").read_bytes()
    result = builder.build(project, root, Changes(paths=frozenset({"link.html"})))
    assert (tmp_path / "out/secret.html").read_bytes() == before
    assert any(each.rule == "page-unreadable" for each in result.findings)


def test_a_folder_that_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is a finding of each build until it may be written; then the next build writes it."""
    watched = Watched(tmp_path / "watched", monkeypatch, {"imageseo.toml": SETTINGS})
    watched.build(everything=True)
    blocked = [True]

    def refused(path: Path, data: bytes) -> None:
        if blocked[0] and path.name == "index.html":
            raise PermissionError(13, "Permission denied")
        write_atomic(path, data)

    monkeypatch.setattr(output, "write_atomic", refused)
    result = watched.change({"p1/index.html": page(1, text="new")})
    assert result.failed
    result = watched.change({"p2/index.html": page(2, text="new")})
    places = {each.location.page for each in result.findings if each.rule == "page-unwritable"}
    assert places == {"p1/index.html", "p2/index.html"}
    blocked[0] = False
    result = watched.build()
    assert not result.failed
    assert b"data-imageseo" in (watched.root / "p1/index.html").read_bytes()
    watched.in_one_build(tmp_path / "once")
    assert tree(watched.root) == tree(tmp_path / "once/public")


def test_a_file_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end comes with an event of its own; what was built of its beginning does not stay."""
    watched = Watched(tmp_path / "watched", monkeypatch, {"imageseo.toml": SETTINGS})
    watched.build(everything=True)
    whole = page(1, 2, "the whole text")
    (watched.root / "p1/index.html").write_text(whole[: len(whole) // 2])
    watched.build("p1/index.html")
    watched.change({"p1/index.html": whole})
    image = photo(360, 240, seed=12)
    (watched.root / "images/2.jpg").write_bytes(image[: len(image) // 3])
    assert any(each.rule == "img-unreadable" for each in watched.build("images/2.jpg").findings)
    watched.change({"images/2.jpg": image})
    watched.in_one_build(tmp_path / "once")
    assert tree(watched.root) == tree(tmp_path / "once/public")
