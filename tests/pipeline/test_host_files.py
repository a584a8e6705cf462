"""Tests of the files for hosts that a build writes, and of awkward file names, in a folder and in MkDocs."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from urllib.parse import quote

import pytest

from imageseo.config.delivery import NGINX_FILE
from imageseo.integrations.directory import site as read_site
from imageseo.integrations.progress import Quiet
from imageseo.integrations.runner import build, load_mapping
from imageseo.pipeline.result import BuildResult
from imageseo.web.delivery.marked_block import begin_marker, end_marker
from tests.support import pictures, small_sites
from tests.support.small_sites import photo, write

_PAGE = (
    "<!doctype html><html><head><title>T</title></head><body><main><article><h1>T</h1>{}</article></main></body></html>"
)
_ALL = ["netlify", "cloudflare", "nginx", "apache"]


@pytest.fixture(autouse=True)
def _outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


def _build(folder: Path, **settings: object) -> BuildResult:
    base = {"site_url": "https://example.org/d/", "formats": ["webp"], "encode": {"isolate": False}, "json_ld": False}
    loaded = load_mapping({**base, "social": {"cards": "off"}, **settings})
    found = read_site(folder / "site", project=folder, settings=loaded)
    return build(found, loaded, progress=Quiet())


def _named(folder: Path, count: int) -> dict[str, object]:
    """A site with so many images to name. They are one small file: what is looked at is the list."""
    tiny = pictures.save(pictures.photo(24, 24, 1), "JPEG", quality=60)
    body = "".join(f'<img src="IMG_{number}.jpg" alt="Harbour {number}">' for number in range(1000, 1000 + count))
    write(folder / "site", {"index.html": _PAGE.format(body), "IMG_1000.jpg": tiny})
    for number in range(1001, 1000 + count):
        os.link(folder / "site/IMG_1000.jpg", folder / f"site/IMG_{number}.jpg")
    return {"rename": True}


def _failures(result: BuildResult) -> list[str]:
    return [each.message for each in result.findings if each.rule == "host-file" and each.fails_build]


def test_redirects_stand_before_the_first_wildcard(tmp_path: Path) -> None:
    """After it, Cloudflare Pages would count 102 dynamic rules and drop two of them without a word."""
    names = _named(tmp_path, 101)
    own = "/* /index.html 200\n"
    write(tmp_path / "site", {"_redirects": own})
    result = _build(tmp_path, names={**names, "redirects": ["cloudflare"]})
    lines = (tmp_path / "site/_redirects").read_text().splitlines()
    rules = [line for line in lines if line.startswith("/")]
    assert not _failures(result)
    assert len(rules) == 102
    assert rules[-1] == own.strip()
    assert all((tmp_path / "site" / rule.split()[1].lstrip("/")).is_file() for rule in rules[:-1])
    assert _build(tmp_path, names={**names, "redirects": ["cloudflare"]}).changed == ()
    # 1,900 rules of the author's own: too many in all, which is said, and nothing is lost.
    many = "".join(f"/old{number} /\n" for number in range(1900)) + own
    write(tmp_path / "site", {"_redirects": many})
    result = _build(tmp_path, names={**names, "redirects": ["cloudflare"]})
    assert "2,001 static redirects; Cloudflare Pages reads 2,000" in _failures(result)[0]
    assert (tmp_path / "site/_redirects").read_text() == many
    assert result.failed


def test_files_of_all_hosts_come_and_go(tmp_path: Path) -> None:
    own = {"_redirects": "/a /b\n", "_headers": "/*\n  X-Frame-Options: DENY", ".htaccess": "Options -Indexes\r\n"}
    write(
        tmp_path / "site", {"index.html": _PAGE.format('<img src="IMG_1.jpg" alt="A harbour">'), "IMG_1.jpg": photo()}
    )
    write(tmp_path / "site", own)
    on = {"names": {"rename": True, "redirects": _ALL}, "delivery": {"headers": _ALL}}
    result = _build(tmp_path, **on)
    assert not _failures(result)
    site = tmp_path / "site"
    texts = {name: (site / name).read_bytes().decode() for name in own}
    assert "/IMG_1.jpg /a-harbour.jpg 301\n" in texts["_redirects"], "the root of these hosts is the site"
    assert "/*.webp\n  Cache-Control: public, max-age=31536000, immutable" in texts["_headers"]
    assert 'Redirect 301 "/d/IMG_1.jpg" "/d/a-harbour.jpg"\r\n' in texts[".htaccess"]
    assert "AddType image/avif .avif" in texts[".htaccess"]
    nginx = (tmp_path / NGINX_FILE).read_text()
    assert 'location = "/d/IMG_1.jpg" { return 301 "/d/a-harbour.jpg"; }' in nginx
    assert "Vary" not in nginx + "".join(texts.values())
    assert _build(tmp_path, **on).changed == ()
    _build(tmp_path)
    assert {name: (site / name).read_bytes().decode() for name in own} == own
    assert not (tmp_path / NGINX_FILE).exists()
    for name in own:
        (site / name).unlink()
    _build(tmp_path, **on)
    assert all((site / name).exists() for name in own)
    _build(tmp_path)
    assert not any((site / name).exists() for name in own)


def test_damaged_markers_and_foreign_files_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "site", {"index.html": _PAGE.format('<img src="a.jpg" alt="A">'), "a.jpg": photo()})
    for text, line in (
        (f"a\n{begin_marker('headers')}\nb\n", "line 2"),
        (f"{end_marker('headers')}\n", "line 1"),
        (f"{begin_marker('headers')}\n{begin_marker('headers')}\n{end_marker('headers')}\n", "lines 1, 2, 3"),
    ):
        write(tmp_path / "site", {"_headers": text})
        result = _build(tmp_path, delivery={"headers": ["netlify"]})
        assert result.failed
        assert line in _failures(result)[0]
        assert (tmp_path / "site/_headers").read_text() == text
    (tmp_path / "site/_headers").unlink()
    write(tmp_path, {NGINX_FILE: "my own\n"})
    assert "not a file that imageseo wrote" in _failures(_build(tmp_path, delivery={"headers": ["nginx"]}))[0]
    assert (tmp_path / NGINX_FILE).read_text() == "my own\n"
    assert not _failures(_build(tmp_path))


def test_own_cache_rules_are_respected(tmp_path: Path) -> None:
    """Cloudflare joins the values of a header: two lifetimes in one would mean nothing."""
    write(tmp_path / "site", {"index.html": _PAGE.format('<img src="a.jpg" alt="A">'), "a.jpg": photo()})
    own = "/*\n  Cache-Control: public, max-age=0\n"
    for hosts, ours in (
        (["cloudflare"], "  ! Cache-Control\n"),
        (["netlify"], None),
        (["netlify", "cloudflare"], None),
    ):
        write(tmp_path / "site", {"_headers": own})
        result = _build(tmp_path, delivery={"headers": hosts})
        text = (tmp_path / "site/_headers").read_text()
        notes = [each for each in result.findings if each.rule == "host-file"]
        assert text.startswith(own)
        assert (ours in text) if ours else (text == own), hosts
        assert bool(notes) == (ours is None)
        assert not result.failed


_AWKWARD = ["test (1),b.jpg", "a b.jpg", "foo%20bar.jpg", "x,y z.jpg"]


def test_awkward_names_work_in_a_srcset(tmp_path: Path) -> None:
    """Spaces, commas and parentheses are encoded, and what is encoded once stays so."""
    body = "".join(f'<img src="{quote(name)}" alt="Image {number} here">' for number, name in enumerate(_AWKWARD))
    write(tmp_path / "site", {"index.html": _PAGE.format(body)})
    write(tmp_path / "site", {name: photo(seed=number) for number, name in enumerate(_AWKWARD)})
    _build(tmp_path)
    _check_srcsets(tmp_path / "site", len(_AWKWARD))
    docs = small_sites.mkdocs_site(
        tmp_path / "mkdocs",
        config="plugins:\n  - imageseo:\n      formats: [webp]\n",
        files={
            "docs/index.md": "# Home\n\n![A](<images/test (1),b.jpg>)\n![B](<images/a b.jpg>)\n![C](images/a.jpg)\n"
            "![D](images/a.png)\n![E](images/a.jpeg)\n",
            **{f"docs/images/{name}": photo(seed=number) for number, name in enumerate([*_AWKWARD, "a.jpg", "a.jpeg"])},
            "docs/images/a.png": pictures.save(pictures.photo(500, 300, 9), "PNG"),
        },
    )
    done = small_sites.run("mkdocs", "build", "-q", "--strict", cwd=docs)
    assert done.returncode == 0, done.stderr
    _check_srcsets(docs / "site", 5)


def test_names_match_in_both_unicode_forms(tmp_path: Path) -> None:
    """A file named by macOS (NFD), a page with the other form, and the other way round."""
    for number, (of_file, of_page) in enumerate((("NFD", "NFC"), ("NFC", "NFD"), ("NFC", "NFC"), ("NFD", "NFD"))):
        folder = tmp_path / str(number)
        name = unicodedata.normalize(of_file, "größe/ä.jpg")  # type: ignore[arg-type]
        url = quote(unicodedata.normalize(of_page, "größe/ä.jpg"))  # type: ignore[arg-type]
        write(folder / "site", {"index.html": _PAGE.format(f'<img src="{url}" alt="An umlaut">'), name: photo()})
        result = _build(folder)
        _check_srcsets(folder / "site", 1)
        found = [each.message for each in result.findings if each.rule == "img-missing"]
        assert ["another Unicode form" in each for each in found] == [True] * (of_file != of_page)


def _check_srcsets(site: Path, count: int) -> None:
    """Every candidate is a file, and no two images share one: `a.jpg` and `a.png` are different pictures."""
    from imageseo.web import urls
    from imageseo.web.html.page_scan import scan_page
    from imageseo.web.srcset.candidates import srcset_entries

    scan = scan_page((site / "index.html").read_bytes())
    owners: dict[str, int] = {}
    for number, ref in enumerate(scan.refs):
        assert ref.sources, ref.src
        for entry in (entry for source in ref.sources for entry in srcset_entries(source.srcset)):
            assert entry.candidate is not None, entry
            assert not set("(), ") & set(entry.url), entry
            path = urls.resolve(entry.url, page="index.html", base_url=None)
            assert isinstance(path, str)
            assert (site / path).is_file(), path
            assert owners.setdefault(path, number) == number
    assert len(set(owners.values())) == count
