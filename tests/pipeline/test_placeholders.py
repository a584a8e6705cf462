"""Placeholders of images on built pages: which images get one, and what visitors see."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from imageseo.images.placeholders import preview
from imageseo.web.html import edits
from tests.pipeline.test_build import build
from tests.support import pictures, small_sites
from tests.support.browser import chromium, needs_chromium, served

COLOR = r"background:#[0-9a-f]{6} content-box"
PREVIEW = r"background:url\(data:image/webp;base64,[\w+/=]+\) 0 0/100% 100% content-box"
HERO = '<img src="hero.jpg" alt="A harbour" width="800" height="450">'
FAR = f"<p>{'Words and more words. ' * 500}</p>"
HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>T</title>{head}</head><body><main><article>'
END = "</article></main></body></html>"


def page(body: str, *, head: str = "", hero: str = HERO) -> str:
    return f"{HEAD.format(head=head)}<h1>T</h1><p>Words</p>{hero}{FAR}{body}{END}"


def policy(text: str) -> str:
    return f'<meta http-equiv="Content-Security-Policy" content="{text}">'


def create_site(folder: Path) -> Path:
    logo = Image.new("RGBA", (200, 120), (20, 120, 40, 255))
    opaque = pictures.save(logo, "PNG")
    logo.putpixel((0, 0), (0, 0, 0, 200))
    image = '<p><img src="a.jpg" alt="A" width="500" height="300"></p>'
    own = "".join(
        f'<p><img src="a.jpg" alt="A" {more}></p>'
        for more in ('style="padding:1px"', 'class="framed"', 'class="fitted"', 'data-imageseo-placeholder="off"')
    )
    styles = "<style>.framed{background:#fff}.fitted{object-fit:contain}img{border-radius:4px}</style>"
    pages = {
        "index.html": page(image),
        "alpha.html": page('<p><img src="logo.png" alt="L"></p><p><img src="opaque.png" alt="O"></p>'),
        "own.html": page(own, head=styles),
        "no-hero.html": page(  # a preloaded background: no image is surely the LCP
            image, head='<link rel="preload" as="image" href="ground.jpg">', hero='<img src="a.jpg" alt="A">' * 2
        ),
        "no-data.html": page(image, head=policy("img-src 'self'; style-src 'self' 'unsafe-inline'")),
        "data.html": page(image, head=policy("default-src 'self' DATA:; style-src 'unsafe-inline'")),
        "no-style.html": page(image, head=policy("style-src 'self'")),
        "hydrated.html": page(f"<div id=__next>{image}</div>"),
    }
    files: dict[str, str | bytes] = {f"site/{path}": text for path, text in pages.items()}
    files |= {"site/hero.jpg": small_sites.photo(800, 450), "site/a.jpg": small_sites.photo(500, 300)}
    small_sites.write(folder, {**files, "site/logo.png": pictures.save(logo, "PNG"), "site/opaque.png": opaque})
    return folder


def placeholder_of(html: str) -> list[str]:
    """The backgrounds that a build added, by image."""
    found = []
    for tag in re.findall(r"<img[^>]*>", html):
        style = re.search(r'style="([^"]*)"', tag)
        backgrounds = [each for each in (style[1] if style else "").split(";background") if "content-box" in each]
        found += [f"background{each.removeprefix('background')}" for each in backgrounds]
    return found


def test_placeholders_are_only_where_they_are_safe(tmp_path: Path, subtests: pytest.Subtests) -> None:
    create_site(tmp_path)
    site = tmp_path / "site"
    before = {path.name: path.read_bytes() for path in site.glob("*.html")}
    options = {"formats": ["webp"], "widths": [400]}
    build(tmp_path, {**options, "placeholder": "blur"})
    html = {path.name: path.read_text("utf-8") for path in site.glob("*.html")}
    expected = {
        "index.html": [PREVIEW],
        "alpha.html": [PREVIEW],  # of the opaque one
        "own.html": [],
        "no-hero.html": [PREVIEW],
        "no-data.html": [COLOR],  # nothing that the policy would block
        "data.html": [PREVIEW],
        "no-style.html": [],
        "hydrated.html": [],
    }
    for name, patterns in expected.items():
        with subtests.test(page=name):
            found = placeholder_of(html[name])
            assert all(re.fullmatch(pattern, text) for pattern, text in zip(patterns, found, strict=True)), found
    with subtests.test("the image that may be the LCP has none"):
        tags = re.findall(r"<img[^>]*>", "".join(html.values()))
        assert not any("content-box" in tag for tag in tags if "hero.jpg" in tag or 'loading="lazy"' not in tag)
    with subtests.test("at most 250 bytes a picture"):
        build(tmp_path, {**options, "placeholder": "off"})
        plain = {path.name: path.stat().st_size for path in site.glob("*.html")}
        assert placeholder_of((site / "index.html").read_text()) == []
        assert 0 < len(html["index.html"].encode()) - plain["index.html"] <= 250
    with subtests.test("a second build changes nothing, and everything can be taken out"):
        build(tmp_path, {**options, "placeholder": "color"})
        (found_color,) = placeholder_of((site / "index.html").read_text())
        assert re.fullmatch(COLOR, found_color)
        assert build(tmp_path, {**options, "placeholder": "color"}).changed == ()
        for path in site.glob("*.html"):
            assert edits.strip(path.read_bytes()) == before[path.name]


def test_broken_image_has_no_placeholder_and_does_not_stop_the_build(tmp_path: Path) -> None:
    broken = small_sites.photo(500, 300)[:900]
    small_sites.write(
        tmp_path, {"site/index.html": page('<p><img src="a.jpg" alt="A"></p>', hero=""), "site/a.jpg": broken}
    )
    build(tmp_path, {"placeholder": "blur", "formats": ["webp"]})
    assert placeholder_of((tmp_path / "site/index.html").read_text()) == []


@needs_chromium
@pytest.mark.browser
def test_placeholder_in_browser(tmp_path: Path, subtests: pytest.Subtests) -> None:
    """Without scripts it is seen while the image loads, blocked by no policy, and nothing of it afterwards."""
    noise = Image.effect_noise((500, 300), 60).convert("RGB")
    style = "<style>img{border-radius:12px;padding:6px;border:1px solid #888;height:auto}</style>"
    bodies = {"index.html": style, "no-data.html": style + policy("img-src 'self'; style-src 'unsafe-inline'")}
    image = '<p><img src="a.jpg" alt="" width="500" height="300"></p>'
    files: dict[str, str | bytes] = {f"site/{path}": page(image, head=head) for path, head in bodies.items()}
    jpeg = pictures.save(noise, "JPEG")
    small_sites.write(tmp_path, {**files, "site/hero.jpg": small_sites.photo(800, 450), "site/a.jpg": jpeg})
    options = {"formats": ["webp"], "widths": [400]}
    seen: dict[tuple[str, str, bool], tuple[Image.Image, float]] = {}
    messages: list[str] = []
    with served(tmp_path / "site") as url, chromium() as browser:
        for setting in ("off", "blur"):
            build(tmp_path, {**options, "placeholder": setting})
            for name in bodies:
                for loaded in (True, False):
                    context = browser.new_context(viewport={"width": 600, "height": 800}, java_script_enabled=False)
                    shown = context.new_page()
                    shown.on("console", lambda message: messages.append(message.text))
                    if not loaded:
                        shown.route(re.compile(r"/a[-.]"), lambda route: None)
                    shown.goto(url + name, wait_until="load" if loaded else "domcontentloaded")
                    element = shown.locator("img").last
                    element.scroll_into_view_if_needed()
                    if loaded:
                        shown.wait_for_load_state("networkidle")
                    box = element.bounding_box()
                    assert box is not None
                    picture = Image.open(io.BytesIO(shown.screenshot(clip=box)))
                    seen[setting, name, loaded] = picture.convert("RGB"), box["height"]
                    context.close()
    found = preview.make(jpeg, "jpeg", 1)
    assert found is not None
    for name in bodies:
        with subtests.test(page=name):
            (off, height), (on, same_height) = seen["off", name, True], seen["blur", name, True]
            assert height == same_height, "no shift"
            assert height == pytest.approx(seen["blur", name, False][1], abs=0.5)
            inner = (20, 20, off.width - 20, off.height - 20)
            assert ImageChops.difference(off.crop(inner), on.crop(inner)).getbbox() is None
            frame = ImageChops.difference(off, on)
            assert max(each[1] for each in frame.getextrema()) <= 40, "at most a softer edge at round corners"  # type: ignore[index]
            waiting = seen["blur", name, False][0]
            red, green, blue = waiting.getpixel((waiting.width // 2, waiting.height // 2))  # type: ignore[misc]
            color = [int(found.color[at : at + 2], 16) for at in (1, 3, 5)]
            assert max(abs(a - b) for a, b in zip((red, green, blue), color, strict=True)) < 60
            assert seen["off", name, False][0].getpixel((waiting.width // 2, waiting.height // 2)) == (255, 255, 255)
            assert waiting.getpixel((waiting.width // 2, 4)) == (255, 255, 255), "padding stays as it was"
    assert not [text for text in messages if "Security Policy" in text], messages
