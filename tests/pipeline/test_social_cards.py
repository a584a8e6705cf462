"""Social cards: which image a page gets, its file, and what a second build does."""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import imageseo
from imageseo.images import social_jpeg
from imageseo.images.decoding.probe import probe
from imageseo.model.hero import TRAINED_MEDIA
from imageseo.pipeline.build import BuildResult
from imageseo.web.html import head, page_scan
from tests.pipeline import test_build
from tests.support import pictures, small_sites

BASE = "https://example.org/"
TITLES = {"social": {"cards": "title"}}


def build(folder: Path, files: Mapping[str, str | bytes] | None = None, **options: Any) -> BuildResult:
    small_sites.write(folder / "site", files or {})
    return test_build.build(folder, {"markup": "attributes", "site_url": BASE, **options})


def page(body: str = "<p>Text</p>", *, title: str = "A page", tags: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title>{tags}</head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )


def tags_of(folder: Path, name: str = "index.html") -> dict[str, str]:
    """Return the tags of a page, each of which must be there once."""
    html = (folder / "site" / name).read_bytes()
    found: dict[str, str] = {}
    for tag in head.read(html, page_scan.scan_page(html)).metas:
        key = tag.get("property") or tag.get("name")
        if key and key != "replaced" and key.startswith(("og:", "twitter:", "robots")):
            assert key not in found, f"{key} is there twice"
            found[key] = tag.get("content") or ""
    return found


def card_of(folder: Path, name: str = "index.html") -> Image.Image:
    """Return the card that a page names: it must be a file of the site, and what its tags say."""
    tags = tags_of(folder, name)
    assert tags["og:image"].startswith(BASE)
    assert "//" not in tags["og:image"].removeprefix("https://")
    data = (folder / "site" / tags["og:image"].removeprefix(BASE)).read_bytes()
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size) == ("JPEG", (1200, 630))
    assert not image.info.get("progressive")
    assert len(data) <= 300_000
    assert (tags["og:image:width"], tags["og:image:height"], tags["og:image:type"]) == ("1200", "630", "image/jpeg")
    assert tags["twitter:card"] == "summary_large_image"
    assert "max-image-preview:large" in tags["robots"]
    return image.convert("RGB")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a card needs no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_which_image_a_page_gets(tmp_path: Path) -> None:
    """Formats that networks do not show become a JPEG; badges, avatars and pixels are never taken."""
    photo = small_sites.photo(1400, 900)
    badges = '<p><img src="https://img.shields.io/b.svg" alt="b"><img src="/avatar.jpg" alt="me" class="avatar"></p>'
    badges += '<p><img src="/badge.svg" alt="c"><img src="/p.png" alt="" width="1" height="1"></p>'
    files: dict[str, str | bytes] = {
        "webp/index.html": page('<p><img src="a.webp" alt="A hill"></p>'),
        "webp/a.webp": pictures.save(pictures.photo(1300, 900), "WEBP"),
        "badge/index.html": page(badges),
        "after/index.html": page(f'{badges}<p><img src="/b.jpg" alt="Hills"></p>'),
        "none/index.html": page(tags='<meta name="twitter:card" content="summary_large_image">'),
        "small/index.html": page('<p><img src="/s.jpg" alt="s"></p>'),
        "clear/index.html": page('<p><img src="/clear.png" alt="s"></p>'),
        "clear.png": pictures.save(Image.new("RGBA", (1300, 800), (255, 0, 0, 0)), "PNG"),
        "s.jpg": small_sites.photo(320, 200),
        "b.jpg": photo,
        "avatar.jpg": photo,
        "badge.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="600"/>',
        "p.png": pictures.save(pictures.flat("red", size=(1, 1)), "PNG"),
    }
    result = build(tmp_path, files)
    assert not result.failed
    card_of(tmp_path, "webp/index.html")
    assert tags_of(tmp_path, "webp/index.html")["og:image:alt"] == "A hill"
    assert tags_of(tmp_path, "webp/index.html")["og:image"] == f"{BASE}assets/social/webp/index.jpg"
    card_of(tmp_path, "after/index.html")
    assert tags_of(tmp_path, "after/index.html")["og:image:alt"] == "Hills"
    assert card_of(tmp_path, "clear/index.html").getpixel((5, 5)) == (255, 255, 255)
    for name in ("badge", "small"):
        assert tags_of(tmp_path, f"{name}/index.html") == {}, name
    assert tags_of(tmp_path, "none/index.html") == {"twitter:card": "summary"}
    assert result.counts["cards"] == 3


def test_tags_that_are_there(tmp_path: Path) -> None:
    """What works stays, what does not is corrected; with `keep` nothing is."""
    photo = small_sites.photo(1200, 630)
    turned = pictures.turned(6)
    cases = {
        "relative": ('<meta property="og:image" content="x.jpg">', f"{BASE}relative/x.jpg"),
        "rooted": ('<meta property="og:image" content="/b.jpg">', f"{BASE}b.jpg"),
        "absolute": (f'<meta property="og:image" content="{BASE}b.jpg">', f"{BASE}b.jpg"),
        "external": ('<meta property="og:image" content="https://cdn.dev/x.png">', "https://cdn.dev/x.png"),
        "insecure": ('<meta property="og:image" content="http://example.org/b.jpg">', f"{BASE}b.jpg"),
        "slashes": (f'<meta property="og:image" content="{BASE}/b.jpg">', f"{BASE}b.jpg"),
        "two": (
            f'<meta property="og:image" content="{BASE}b.jpg"><meta property="og:image" content="{BASE}/c.png">',
            f"{BASE}b.jpg",
        ),
        "broken-first": (
            '<meta property="og:image" content="gone.jpg"><meta property="og:image" content="/b.jpg">',
            f"{BASE}b.jpg",
        ),
        "webp": (f'<meta property="og:image" content="{BASE}a.webp">', f"{BASE}assets/social/webp/index.jpg"),
        "turned": (f'<meta property="og:image" content="{BASE}t.jpg">', f"{BASE}t.jpg"),
        "gone": ('<meta property="og:image" content="gone.jpg">', "gone.jpg"),
    }
    files: dict[str, str | bytes] = {f"{name}/index.html": page(tags=tags) for name, (tags, _) in cases.items()}
    files |= {"relative/x.jpg": photo, "b.jpg": photo, "t.jpg": turned}
    files["a.webp"] = pictures.save(pictures.photo(1300, 900), "WEBP")
    originals = {name: files[name] for name in files if name.endswith(".html")}
    build(tmp_path, files)
    for name, (_, url) in cases.items():
        assert tags_of(tmp_path, f"{name}/index.html")["og:image"] == url, name
    assert tags_of(tmp_path, "relative/index.html")["og:image:width"] == "1200"
    asset = probe(tmp_path / "site/t.jpg", "t.jpg", max_pixels=10**8)
    upright = tags_of(tmp_path, "turned/index.html")
    assert (upright["og:image:width"], upright["og:image:height"]) == (str(asset.width), str(asset.height))  # type: ignore[union-attr]
    card_of(tmp_path, "webp/index.html")
    assert build(tmp_path).changed == ()
    build(tmp_path, social={"existing": "keep"})
    for name in ("relative", "webp", "two", "slashes"):
        kept = (tmp_path / f"site/{name}/index.html").read_text("utf-8")
        written = str(originals[f"{name}/index.html"])
        assert re.findall("<meta property[^>]*>", kept) == re.findall("<meta property[^>]*>", written)
    build(tmp_path, {}, social={"cards": "title", "existing": "replace"})
    assert tags_of(tmp_path, "absolute/index.html")["og:image"] == f"{BASE}assets/social/absolute/index.jpg"
    build(tmp_path, social={"cards": "off"}, json_ld=False)
    for name, html in originals.items():
        assert (tmp_path / "site" / name).read_text("utf-8") == html
    assert not list((tmp_path / "site").rglob("assets/social/**/*.jpg"))


def test_second_build_draws_nothing_and_a_title_one_card(tmp_path: Path) -> None:
    names = [f"p{number}/index.html" for number in range(12)]
    files = {name: page(title=f"Page {name[:3].strip('/')}") for name in names}
    files["404.html"] = page(title="Not found")
    files["hidden.html"] = page(tags='<meta name="robots" content="noindex">')
    files["off/index.html"] = page(title="Off")
    files["moved.html"] = page(tags='<meta http-equiv="refresh" content="0; url=https://example.org/p1/">')
    options: dict[str, Any] = {"social": {"cards": "title", "paths": {"off/*": "off"}}}
    first = build(tmp_path, files, **options)
    assert first.counts["cards"] == 12
    for name in ("404.html", "off/index.html", "moved.html"):
        assert tags_of(tmp_path, name) == {}
    assert tags_of(tmp_path, "hidden.html") == {"robots": "noindex"}
    cards = {name: card_of(tmp_path, name).tobytes() for name in names}
    assert len(set(cards.values())) == len(names)
    assert tags_of(tmp_path, names[3])["og:image:alt"] == "Page p3"
    assert build(tmp_path, **options).changed == ()
    before = small_sites.tree(tmp_path / "site")
    changed = build(tmp_path, {names[0]: page(title="Another")}, **options).changed
    assert [path for path in changed if path.endswith(".jpg")] == ["assets/social/p0/index.jpg"]
    (tmp_path / "site" / names[1]).unlink()
    changed = build(tmp_path, **options).changed
    assert changed == ("assets/social/p1/index.jpg",)
    assert not (tmp_path / "site/assets/social/p1/index.jpg").exists()
    # The generator empties its folder: the same cards come from the cache, byte by byte.
    small_sites.write(tmp_path / "site", {names[0]: files[names[0]], names[1]: files[names[1]]})
    build(tmp_path, **options)
    assert small_sites.tree(tmp_path / "site") == before


TITLES_OF_ALL_KINDS = {
    "rtl": "مرحبا بالعالم",
    "hebrew": "שלום עולם",
    "chinese": "你好，世界",
    "cyrillic": "Привет, мир",
    "umlauts": "Übergrößenträger",
    "emoji": "Hi 👋 there",
    "markup": "I&sup2;C <small>bus</small> &amp; <em>more</em>",
    "control": "Bell\x07 and\x1b escape",
    "long": "word " * 60,
    "unspaced": "漢" * 80,
    "one word": "x" * 300,
}


def test_titles_of_all_kinds(tmp_path: Path) -> None:
    """Every title gives a card with ink on it and none at the edge; a page without any title gets none."""
    files = {f"{number}.html": page(title=title) for number, title in enumerate(TITLES_OF_ALL_KINDS.values())}
    files["empty.html"] = "<!doctype html><html><head><title></title></head><body><main><h1></h1></main></body></html>"
    result = build(tmp_path, files, **TITLES, brand={"name": "Acme"})
    assert not result.failed
    plain = None
    for number, name in enumerate(TITLES_OF_ALL_KINDS):
        card = card_of(tmp_path, f"{number}.html")
        edge = [card.crop(box).tobytes() for box in ((0, 0, 1200, 8), (0, 622, 1200, 630))]
        if name not in ("rtl", "hebrew"):  # the drawing is mirrored there
            assert plain in (None, edge), name
            plain = edge
    assert tags_of(tmp_path, "6.html")["og:image:alt"] == "I²C bus & more"
    assert tags_of(tmp_path, "empty.html") == {}
    long = [each for each in result.findings if each.rule == "social-card" and each.location.page == "8.html"]
    assert [each.severity.value for each in long] == ["info"]


def test_without_an_address_there_are_no_tags(tmp_path: Path) -> None:
    photo = small_sites.photo(1300, 800)
    files: dict[str, str | bytes] = {"index.html": page('<p><img src="b.jpg" alt="b"></p>'), "b.jpg": photo}
    for url in ("http://127.0.0.1:8000/", "http://localhost:8000/docs/"):
        assert build(tmp_path, files, site_url=url).counts["cards"] == 0
        assert tags_of(tmp_path) == {}
    small_sites.write(tmp_path / "bare/site", files)
    test_build.build(tmp_path / "bare", {"site_url": None, "markup": "attributes"})
    assert tags_of(tmp_path / "bare") == {}


@pytest.mark.parametrize("url", ["https://x.dev", "https://x.dev/", "https://x.dev/sub", "https://x.dev/sub/"])
def test_urls_are_joined_with_one_slash(tmp_path: Path, url: str) -> None:
    build(tmp_path, {"index.html": page()}, site_url=url, **TITLES)
    assert tags_of(tmp_path)["og:image"] == f"{url.rstrip('/')}/assets/social/index.jpg"


def test_card_of_one_version_is_named_by_that_version(tmp_path: Path) -> None:
    canonical = '<link rel="canonical" href="https://example.org/en/stable/guide/">'
    build(tmp_path, {"guide/index.html": page(tags=canonical)}, site_url=f"{BASE}en/1.2/", **TITLES)
    name = tags_of(tmp_path, "guide/index.html")["og:image"]
    assert name == f"{BASE}en/1.2/assets/social/guide/index.jpg"
    assert (tmp_path / "site/assets/social/guide/index.jpg").is_file()


def test_file_of_the_author_is_not_overwritten(tmp_path: Path) -> None:
    own = small_sites.photo(300, 200)
    build(tmp_path, {"index.html": page(), "assets/social/index.jpg": own}, **TITLES)
    assert (tmp_path / "site/assets/social/index.jpg").read_bytes() == own
    assert tags_of(tmp_path)["og:image"] == f"{BASE}assets/social/index-card.jpg"
    build(tmp_path, social={"cards": "off"})
    assert (tmp_path / "site/assets/social/index.jpg").read_bytes() == own


def test_declared_hero_is_the_card_and_realistic_ai_is_labelled(tmp_path: Path) -> None:
    """The label is burned in for pictures that could be taken for photographs, and only for those."""
    heroes = "".join(
        f'"/{kind}/" = {{src = "/b.jpg", alt = "A harbour", depicts = "{kind}", '
        f'digital_source_type = "trainedAlgorithmicMedia", focal = [0.5, 0.5]}}\n'
        for kind in ("realistic", "illustration")
    )
    heroes += '"/plain/" = {src = "/plain/x.jpg", alt = "A hill"}\n'
    heroes += '"/logo/" = {src = "/l.svg", alt = "Logo"}\n'
    (tmp_path / "heroes.toml").write_text(heroes, "utf-8")
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><rect width="90" height="60" fill="red"/></svg>'
    )
    flat = pictures.save(pictures.flat("#3366cc", size=(1300, 800)), "JPEG")
    names = ("realistic", "illustration", "plain", "logo")
    files: dict[str, str | bytes] = {f"{name}/index.html": page() for name in names}
    files |= {"b.jpg": flat, "plain/x.jpg": small_sites.photo(1300, 900), "l.svg": svg}
    build(tmp_path, files)
    cards = {name: card_of(tmp_path, f"{name}/index.html") for name in names}
    corner = (1000, 0, 1200, 80)
    assert len(cards["illustration"].crop(corner).getcolors(16000) or ()) < 8
    tones = cards["realistic"].crop(corner).convert("L").tobytes()
    assert (min(tones) < 50, max(tones) > 230) == (True, True)
    assert (
        cards["realistic"].crop((0, 300, 1200, 630)).tobytes()
        == cards["illustration"].crop((0, 300, 1200, 630)).tobytes()
    )
    red = cards["logo"].getpixel((600, 315))
    assert isinstance(red, tuple)
    assert red[0] > 200
    assert red[1] < 60
    for name in ("realistic", "illustration"):
        asset = probe(tmp_path / f"site/assets/social/{name}/index.jpg", "a.jpg", max_pixels=10**8)
        assert asset.rights.digital_source_type == TRAINED_MEDIA  # type: ignore[union-attr]
    build(tmp_path, hero={"label": "none", "label_reason": "the theme labels them"})
    assert min(card_of(tmp_path, "realistic/index.html").crop(corner).convert("L").tobytes()) > 50


def test_faulty_settings_are_one_finding(tmp_path: Path) -> None:
    files = {"index.html": page(), "a.html": page(title="B")}
    result = build(tmp_path, files, **TITLES, brand={"fonts": ["fonts/none.ttf"]})
    found = [each for each in result.findings if each.rule == "social-card"]
    assert len(found) == 1
    assert "fonts/none.ttf" in found[0].message
    assert tags_of(tmp_path) == {}
    assert build(tmp_path, **TITLES).counts["cards"] == 2


def test_noise_stays_small_enough() -> None:
    noise = Image.effect_noise((1200, 630), 120).convert("RGB")
    data = social_jpeg.encode(noise, quality=90, xmp=b"")
    assert len(data) <= social_jpeg.MAX_BYTES


def test_own_cards_of_images_without_an_alternative_text_are_not_reported(tmp_path: Path) -> None:
    """The image is: there is nothing to write about the card."""
    body = '<p><img src="/a.jpg" width="1400" height="900"></p>'
    build(tmp_path, {"index.html": page(body), "a.jpg": small_sites.photo(1400, 900)})
    assert "og:image:alt" not in tags_of(tmp_path)
    found = imageseo.lint_site(tmp_path / "site", project=tmp_path, select=["og-dims", "alt-missing"])
    assert [each.rule for each in found.findings] == ["alt-missing"]
