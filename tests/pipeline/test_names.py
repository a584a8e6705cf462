"""Tests of images that are published under names that describe them."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from urllib.parse import quote

import pytest

from imageseo.config.naming import NAMES_FILE
from imageseo.integrations.directory import site as read_site
from imageseo.integrations.progress import Quiet
from imageseo.integrations.runner import build
from imageseo.integrations.runner import load_mapping as load
from imageseo.integrations.undo import undo, undoing
from imageseo.pipeline.names import names_file
from imageseo.pipeline.names.names_file import NamesError, Published
from imageseo.pipeline.result import BuildResult
from tests.support import small_sites
from tests.support.small_sites import photo, write

_PAGE = (
    '<!doctype html><html lang="{lang}"><head><title>T</title>{head}</head>'
    "<body><main><article><h1>Title</h1><p>Text.</p>{body}</article></main></body></html>"
)
_ON = {
    "site_url": "https://example.org/d/",
    "names": {"rename": True},
    "formats": ["webp"],
    "encode": {"isolate": False},
}


@pytest.fixture(autouse=True)
def _outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


def _page(body: str, *, head: str = "", lang: str = "en") -> str:
    return _PAGE.format(body=body, head=head, lang=lang)


def _build(folder: Path, **settings: object) -> BuildResult:
    loaded = load({**_ON, **settings})
    found = read_site(folder / "site", project=folder, settings=loaded)
    return build(found, loaded, progress=Quiet())


def _text(folder: Path, path: str = "index.html") -> str:
    return (folder / "site" / path).read_text()


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_references_of_an_image_get_its_name_and_the_former_file_stays(tmp_path: Path) -> None:
    head = (
        '<meta property="og:image" content="https://example.org/d/images/IMG_1234.jpg">'
        '<link rel="preload" as="image" href="images/IMG_1234.jpg">'
        '<script type="application/ld+json">{"image": "https:\\/\\/example.org\\/d\\/images\\/IMG_1234.jpg"}</script>'
    )
    body = (
        '<a href="images/IMG_1234.jpg#big"><img src="./images/IMG_1234.jpg?v=1&amp;w=2" alt="Die Mühle am Fluß"></a>'
        '<picture><source srcset="images/IMG_1234.jpg 500w, images/plain.jpg 2000w">'
        '<img src="images/plain.jpg" alt="P"></picture>'
        "<!-- images/IMG_1234.jpg --><p>The file images/IMG_1234.jpg</p>"
    )
    before = _page(body, head=head, lang="de")
    write(
        tmp_path / "site",
        {
            "index.html": before,
            "sub/page.html": _page('<img src="/d/images/IMG_1234.jpg" alt="Something else">'),
            "images/IMG_1234.jpg": photo(),
            "images/plain.jpg": photo(seed=2),
        },
    )
    result = _build(tmp_path)
    page = _text(tmp_path)
    assert page.count("images/die-muehle-am-fluss.jpg") == 6
    for kept in (
        "./images/die-muehle-am-fluss.jpg?v=1&amp;w=2",
        "#big",
        "<!-- images/IMG_1234.jpg -->",
        "file images/IMG",
    ):
        assert kept in page
    assert 'src="/d/images/die-muehle-am-fluss.jpg"' in _text(tmp_path, "sub/page.html")
    site = tmp_path / "site" / "images"
    assert (site / "IMG_1234.jpg").read_bytes() == (site / "die-muehle-am-fluss.jpg").read_bytes()
    assert not list(site.glob("IMG_1234-*")), "variants have the new name"
    assert list(site.glob("die-muehle-am-fluss-*w.*.webp"))
    assert not result.failed
    again = _build(tmp_path)
    assert again.changed == ()
    # Without the setting the pages are as before, byte for byte.
    _build(tmp_path, names={}, exclude=["img"], json_ld=False, hero={"guess": False}, social={"cards": "off"})
    assert _text(tmp_path) == before
    assert not (site / "die-muehle-am-fluss.jpg").exists()
    assert (tmp_path / NAMES_FILE).exists(), "published names are never forgotten"


def test_undo_takes_names_back_also_without_the_cache(tmp_path: Path) -> None:
    before = _page(
        '<img src="images/IMG%5F1.jpg" alt="A harbour"><img src="images/Screenshot 2026-01-05.png" alt="Keys">'
    )
    files: dict[str, str | bytes] = {"index.html": before, "images/IMG_1.jpg": photo()}
    files["images/Screenshot 2026-01-05.png"] = photo(seed=3)
    for lost in (False, True):
        folder = write(tmp_path / str(lost), {f"site/{name}": data for name, data in files.items()})
        _build(folder)
        assert "images/a-harbour.jpg" in _text(folder) or "IMG%5F1" in _text(folder)
        if lost:
            for path in sorted((folder / ".cache").rglob("names/*")):
                path.unlink()
        off = undoing(load(_ON))
        undo(read_site(folder / "site", project=folder, settings=off), load(_ON), progress=Quiet())
        page = _text(folder)
        assert page == (before if not lost else before.replace("t 2", "t%202").replace("%5F", "_")), lost


def test_a_published_name_stays_when_text_page_or_folder_change(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write(site, {"index.html": _page('<img src="a/IMG_1234.jpg" alt="Old harbour">'), "a/IMG_1234.jpg": photo()})
    _build(tmp_path)
    assert "a/old-harbour.jpg" in _text(tmp_path)
    changes: dict[str, dict[str, str | bytes]] = {
        "another text": {"index.html": _page('<img src="a/IMG_1234.jpg" alt="New pier">')},
        "another page": {"index.html": _page(""), "b.html": _page('<img src="a/IMG_1234.jpg" alt="Pier">')},
        "another content": {"a/IMG_1234.jpg": photo(seed=5), "b.html": _page('<img src="a/IMG_1234.jpg" alt="Pier">')},
    }
    for name, files in changes.items():
        write(site, files)
        _build(tmp_path)
        shown = "b.html" if "b.html" in files else "index.html"
        assert "a/old-harbour.jpg" in _text(tmp_path, shown), name
        assert (site / "a/old-harbour.jpg").read_bytes() == (site / "a/IMG_1234.jpg").read_bytes(), name
    # A picture that its author moves keeps its address too; it is found by its content.
    write(site, {"c/IMG_1235.jpg": photo(seed=6), "b.html": _page('<img src="c/IMG_1235.jpg" alt="A mill">')})
    _build(tmp_path)
    (site / "c/IMG_1235.jpg").rename(site / "IMG_1235.jpg")
    write(site, {"b.html": _page('<img src="IMG_1235.jpg" alt="A mill">')})
    _build(tmp_path)
    assert 'src="c/a-mill.jpg"' in _text(tmp_path, "b.html")
    assert (site / "c/a-mill.jpg").exists()


def test_names_in_one_folder_never_collide(tmp_path: Path) -> None:
    """Formats count too: browsers and authors take `a.jpg` and `a.png` for one picture."""
    names = ["IMG_1.jpg", "IMG_1.png", "IMG_1.jpeg", "IMG_2.jpg", "IMG_3.JPG"]
    body = "".join(f'<img src="{name}" alt="Red square">' for name in names)
    write(tmp_path / "site", {"index.html": _page(body), "Red-Square-2.jpg": photo(seed=9)})
    write(tmp_path / "site", {name: photo(seed=number) for number, name in enumerate(names)})
    names_of = []
    for _ in range(2):
        _build(tmp_path)
        given = {old: new.path for old, new in names_file.read(tmp_path).items()}
        names_of.append(given)
        assert sorted(given) == sorted(names)
        stems = [path.rpartition(".")[0] for path in given.values()]
        assert len(set(stems)) == len(names)
        assert "red-square-2" not in stems, "a file of the author has it, but for the case"
        assert all(
            (tmp_path / "site" / new).read_bytes() == (tmp_path / "site" / old).read_bytes()
            for old, new in given.items()
        )
        (tmp_path / NAMES_FILE).unlink()
        write(tmp_path / "site", {"index.html": _page(body)})
        for new in given.values():
            (tmp_path / "site" / new).unlink()
    assert names_of[0] == names_of[1], "the same on every machine"


def test_what_names_no_image(tmp_path: Path) -> None:
    """Without words, without a nameless file, or where an edit would not be safe, files keep their names."""
    cases = {
        "decorative": '<img src="IMG_1.jpg" alt="">',
        "a file name as text": '<img src="IMG_1.jpg" alt="IMG_1.jpg">',
        "a word for any image": '<img src="IMG_1.jpg" alt="Image">',
        "a template": '<img src="IMG_1.jpg" alt="{{ page.alt }}">',
        "opted out": '<img src="IMG_1.jpg" alt="A harbour" data-imageseo="ignore">',
        "a handler": '<img src="IMG_1.jpg" alt="A harbour" onclick="this.src=\'b.jpg\'">',
        "a custom element": '<x-zoom><img src="IMG_1.jpg" alt="A harbour"></x-zoom>',
        "a script of the page": '<img src="IMG_1.jpg" alt="A harbour"><script>find("IMG_1.jpg")</script>',
        "selectors of the page": '<style>[src*="IMG_1"] {}</style><img src="IMG_1.jpg" alt="A harbour">',
        "hydration": '<div id="__next"><img src="IMG_1.jpg" alt="A harbour"></div><script>self.__next_f=[]</script>',
        "another host": '<img src="https://cdn.example/IMG_1.jpg" alt="A harbour">',
        "a name that says something": '<img src="harbour.jpg" alt="An old mill">',
    }
    for name, body in cases.items():
        folder = write(tmp_path / name, {"site/index.html": _page(body), "site/IMG_1.jpg": photo()})
        write(folder, {"site/harbour.jpg": photo(seed=2)})
        _build(folder)
        assert body.partition('src="')[2].partition('"')[0] in _text(folder), name
        assert "harbour-" not in " ".join(path.name for path in (folder / "site").glob("a-harbour*")), name
    for path, code in {"app.js": 'find("img[src$=IMG_1.jpg]")', "site.css": '[src*="IMG_1"] { border: 0 }'}.items():
        folder = write(tmp_path / path, {"site/IMG_1.jpg": photo(), f"site/{path}": code})
        write(folder, {"site/index.html": _page('<img src="IMG_1.jpg" alt="A harbour">')})
        _build(folder)
        assert 'src="IMG_1.jpg"' in _text(folder), path
    folder = write(tmp_path / "url", {"site/IMG_1.jpg": photo(), "site/site.css": "b { background: url(IMG_1.jpg) }"})
    write(folder, {"site/index.html": _page('<img src="IMG_1.jpg" alt="A harbour">')})
    _build(folder)
    assert 'src="a-harbour.jpg"' in _text(folder)


def test_both_unicode_forms_are_one_name(tmp_path: Path) -> None:
    """A file name of macOS (NFD), a page with the other form."""
    name = unicodedata.normalize("NFD", "Capture d’écran 2026-01-05 à 10.11.12.jpg")
    assert name != unicodedata.normalize("NFC", name)
    url = quote(unicodedata.normalize("NFC", name))
    body = f'<img src="{url}" alt="Gonza\u0301lez à l\'école">'
    write(tmp_path / "site", {"index.html": _page(body, lang="fr"), name: photo()})
    _build(tmp_path)
    assert 'src="gonzalez-a-lecole.jpg"' in _text(tmp_path)
    assert list(names_file.read(tmp_path)) == [unicodedata.normalize("NFC", name)]


def test_settings_and_front_matter_of_the_former_path_apply(tmp_path: Path) -> None:
    kind = "trainedAlgorithmicMedia"
    write(tmp_path / "site", {"index.html": _page('<img src="ai/IMG_1.jpg" alt="A castle">'), "ai/IMG_1.jpg": photo()})
    result = _build(tmp_path, digital_source_type={"ai/IMG_*": kind}, quality={"paths": {"ai/IMG_*": {"webp": 7}}})
    page = _text(tmp_path)
    assert "ai/a-castle.jpg" in page
    assert kind.lower() in page.lower()
    assert not result.failed
    assert (tmp_path / "site/ai/IMG_1.jpg").read_bytes() == (tmp_path / "site/ai/a-castle.jpg").read_bytes()
    assert b"trainedAlgorithmicMedia" in (tmp_path / "site/ai/IMG_1.jpg").read_bytes()


def test_ci_and_frozen_builds_use_names_but_give_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    write(site, {"index.html": _page('<img src="IMG_1.jpg" alt="A harbour">'), "IMG_1.jpg": photo()})
    result = _build(tmp_path, frozen=True)
    assert [each.message for each in result.findings if each.rule == "names-kept"] == [
        "IMG_1.jpg keep their names: imageseo.names.toml has no line for them, and a frozen build gives no names"
    ]
    assert not (tmp_path / NAMES_FILE).exists()
    _build(tmp_path)
    write(site, {"index.html": _page('<img src="IMG_1.jpg" alt="A harbour">')})
    monkeypatch.setenv("CI", "true")
    result = _build(tmp_path)
    assert 'src="a-harbour.jpg"' in _text(tmp_path)
    assert not [each for each in result.findings if each.rule == "names-kept"]


def test_another_file_at_a_published_name_is_left_alone(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write(site, {"index.html": _page('<img src="IMG_1.jpg" alt="A harbour">'), "IMG_1.jpg": photo()})
    _build(tmp_path)
    own = photo(seed=8)
    write(site, {"index.html": _page('<img src="IMG_1.jpg" alt="A harbour">'), "a-harbour.jpg": own})
    result = _build(tmp_path)
    assert (site / "a-harbour.jpg").read_bytes() == own
    assert 'src="IMG_1.jpg"' in _text(tmp_path)
    assert any(each.rule == "names-kept" and "another file" in each.message for each in result.findings)


def test_names_file_is_read_with_clear_errors(tmp_path: Path) -> None:
    line = '"a/IMG_1.jpg" = { to = "a/harbour.jpg", sha256 = "0123456789abcdef" }\n'
    other = line.replace("IMG_1", "IMG_2")
    cases = {
        "[names]\n" + line + line: "line 3 names an image a second time",
        "[names]\n<<<<<<< a\n" + line + "=======\n" + other + ">>>>>>> b\n": "marks of a merge",
        "[names]\n" + line + other.replace("0123", "9999"): "different images with one name",
        '[names]\n"a.jpg" = "b.jpg"\n"b.jpg" = "a.jpg"\n': "in a circle: a.jpg -> b.jpg -> a.jpg",
        '[names]\n"a.jpg" = "../b.jpg"\n': "not a path inside the site",
        '[names]\n"a.jpg" = "/b.jpg"\n': "not a path inside the site",
        '[names]\n"a.jpg" = "b.png"\n': "another suffix",
        '[names]\n"a.jpg" = 3\n': "expected { to",
        "names = 3\n": "expected a table",
        "[names\n": "not valid TOML",
    }
    for text, problem in cases.items():
        write(tmp_path, {NAMES_FILE: text})
        with pytest.raises(NamesError) as caught:
            names_file.read(tmp_path)
        assert problem in caught.value.message, text
        assert caught.value.hint
    write(tmp_path, {NAMES_FILE: '[names]\n"a.jpg" = "b.jpg"\n"b.jpg" = "c.jpg"\n'})
    assert names_file.final_paths(names_file.read(tmp_path)) == {"a.jpg": "c.jpg", "b.jpg": "c.jpg"}
    odd = {'ä "q" \\ (1),b.jpg': Published("c.jpg", "0123456789abcdef")}
    (tmp_path / NAMES_FILE).write_bytes(names_file.encode(odd))
    assert names_file.read(tmp_path) == odd


def test_a_name_changed_by_hand_keeps_the_published_one(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write(site, {"index.html": _page('<img src="IMG_1.jpg" alt="A harbour">'), "IMG_1.jpg": photo()})
    _build(tmp_path)
    with (tmp_path / NAMES_FILE).open("a") as file:
        file.write('"a-harbour.jpg" = "old-port.jpg"\n')
    write(site, {"index.html": _page('<img src="IMG_1.jpg" alt="A harbour">')})
    _build(tmp_path, names={"rename": True, "redirects": ["netlify"]})
    assert 'src="old-port.jpg"' in _text(tmp_path)
    assert (site / "a-harbour.jpg").exists()
    rules = [line.split()[:2] for line in (site / "_redirects").read_text().splitlines() if line.startswith("/")]
    assert rules == [["/IMG_1.jpg", "/old-port.jpg"], ["/a-harbour.jpg", "/old-port.jpg"]], "no chain"


def test_mkdocs_gives_stable_names(tmp_path: Path) -> None:
    """Cold, warm, dirty, and with the text changed."""
    docs = small_sites.mkdocs_site(
        tmp_path,
        config="plugins:\n  - imageseo:\n      formats: [webp]\n      names: {rename: true, redirects: [cloudflare]}\n",
        files={
            "docs/index.md": "# Home\n\n![Old harbour](images/IMG_1234.jpg)\n",
            "docs/images/IMG_1234.jpg": photo(),
            "docs/guide/README.md": "---\nhero: shots/IMG_1.jpg\n---\n# Guide\n\n![A mill](shots/IMG_1.jpg)\n",
            "docs/guide/shots/IMG_1.jpg": photo(seed=2),
            "docs/_redirects": "/* /index.html 200\n",
        },
    )
    sources = _snapshot(docs / "docs")
    small_sites.run("mkdocs", "build", "-q", cwd=docs)
    first = _snapshot(docs / "site")
    assert 'src="images/old-harbour.jpg"' in _text(docs)
    assert "shots/a-mill.jpg" in _text(docs, "guide/index.html")
    assert b"IMG_1" not in first["guide/index.html"]
    assert first["_redirects"].index(b"/images/IMG_1234.jpg /images/old-harbour.jpg 301") < first["_redirects"].index(
        b"/*"
    )
    small_sites.run("mkdocs", "build", "-q", cwd=docs)
    assert {path: data for path, data in _snapshot(docs / "site").items() if ".gz" not in path} == {
        path: data for path, data in first.items() if ".gz" not in path
    }
    write(docs, {"docs/index.md": "# Home\n\n![New pier](images/IMG_1234.jpg)\n"})
    small_sites.run("mkdocs", "build", "-q", "--dirty", cwd=docs)
    assert 'src="images/old-harbour.jpg"' in _text(docs)
    write(docs, {"docs/index.md": "# Home\n\n![Old harbour](images/IMG_1234.jpg)\n"})
    assert _snapshot(docs / "docs") == sources
