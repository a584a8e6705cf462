"""Labels of AI-generated images: in their files, in JSON-LD and on the page."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from imageseo import config
from imageseo.heroes.lock import lock
from imageseo.heroes.recipes import request_parser
from imageseo.heroes.recipes.request_reader import completer
from imageseo.images.decoding.probe import probe
from imageseo.images.metadata.rights import xmp_packet
from imageseo.integrations import directory
from imageseo.lint.rules import ai_label
from imageseo.model.finding import Severity
from imageseo.model.hero import ALGORITHMIC_MEDIA, COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA, Depicts, Hero, Pin
from imageseo.model.image import Asset, Rights
from imageseo.model.plan import HeroInsert, PagePlan
from imageseo.model.site import Page, PageHints
from imageseo.pipeline import build as job
from imageseo.pipeline import composition
from imageseo.pipeline.markup import page_edits
from imageseo.web.ai_labels import caption_with_label, label, mentions_ai
from imageseo.web.html import edits
from imageseo.web.html.page_scan import scan_page
from tests.pipeline.test_build import build, findings_of, page
from tests.support import pictures, small_sites
from tests.support.browser import chromium, needs_chromium, open_page, served
from tests.support.json_ld import flat

SECRET = "a brass lighthouse in heavy fog"
RECIPE = f'provider = "diffusers"\nmodel = "models/tiny"\nprompt = "{SECRET}"\nseed = 9\nwidth = 640\nheight = 360\n'
FAST: dict[str, Any] = {
    "formats": ["avif", "webp"],
    "widths": [320],
    "encode": {"avif_speed": 10, "isolate": False},
    "frozen": True,
}
SCHEMA = {
    TRAINED_MEDIA: "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
    COMPOSITE_TRAINED_MEDIA: "https://schema.org/CompositeWithTrainedAlgorithmicMediaDigitalSource",
    ALGORITHMIC_MEDIA: "https://schema.org/AlgorithmicMediaDigitalSource",
}


def create_pinned_site(
    folder: Path,
    extra: str = "",
    *,
    kind: str = TRAINED_MEDIA,
    body: str = "<p>Words</p>",
    rights: Rights | None = None,
) -> Path:
    """Create a site of one page with an AI-generated hero: a master that contains its prompt, and the lock file."""
    files = {"site/index.html": page(body), "heroes.toml": f'["/"]\n{RECIPE}alt = "A lighthouse"\n{extra}'}
    small_sites.write(folder, files)
    settings = config.load({}, "test")
    (site_page,) = directory.site(folder / "site", project=folder, settings=settings).pages
    providers = composition.providers(settings, folder)
    request = request_parser.request(site_page, settings=settings.hero, complete=completer(providers), base_url=None)
    assert request is not None
    assert request.recipe is not None
    image = pictures.photo(640, 360)
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", f"{SECRET}\nSteps: 20, Sampler: Euler a, Seed: 9")
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=text)
    digest = hashlib.sha256(out.getvalue()).hexdigest()
    small_sites.write(folder, {"heroes/index.png": out.getvalue()})
    pin = Pin(
        page=request.page,
        recipe=request.recipe,
        recipe_hash=request.recipe.key,
        file="heroes/index.png",
        file_sha256=f"sha256:{digest}",
        pixels_sha256="sha256:" + hashlib.sha256(image.tobytes()).hexdigest(),
        digital_source_type=kind,
        width=640,
        height=360,
        rights=rights or Rights(),
    )
    lock.write(folder / lock.NAME, lock.Lock((pin,)))
    return folder


def build_page(folder: Path, **options: Any) -> tuple[job.BuildResult, str]:
    result = build(folder, {**FAST, **options})
    assert not result.failed, result.findings
    return result, (folder / "site/index.html").read_text("utf-8")


def graph(html: str) -> list[dict[str, Any]]:
    found = re.search(r'<script type="application/ld\+json" data-imageseo>(.*?)</script>', html)
    assert found is not None
    return flat(json.loads(found[1])["@graph"])


# ---- in the files


@pytest.mark.parametrize("kind", [TRAINED_MEDIA, COMPOSITE_TRAINED_MEDIA, ALGORITHMIC_MEDIA, ""])
def test_published_files_have_source_type_of_master_and_no_prompt(tmp_path: Path, kind: str) -> None:
    create_pinned_site(tmp_path, kind=kind)
    _, html = build_page(tmp_path, hero={"crops": ["1:1", "4:3"]})
    files = sorted((tmp_path / "site/assets/heroes").iterdir())
    assert {path.suffix for path in files} == {".jpg", ".avif", ".webp"}
    assert len(files) >= 5
    for path in files:
        asset = probe(path, path.name, max_pixels=10**7)
        assert isinstance(asset, Asset)
        assert asset.rights.digital_source_type == (kind or None), path.name
    for path in (tmp_path / "site").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for word in (SECRET.encode(), b"brass", b"Sampler", b"parameters"):
                assert word not in data, path
    images = [thing for thing in graph(html) if thing["@type"] == "ImageObject"]
    assert len(images) == 3
    assert {image.get("digitalSourceType") for image in images} == {SCHEMA.get(kind)}


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_reads_the_source_type_and_no_prompt(tmp_path: Path) -> None:
    create_pinned_site(tmp_path)
    build_page(tmp_path, hero={"crops": ["1:1"]})
    folder = tmp_path / "site/assets/heroes"
    done = subprocess.run(["exiftool", "-j", "-n", "-G1", "-a", folder], capture_output=True, check=True, text=True)
    found = json.loads(done.stdout)
    assert len(found) == len(list(folder.iterdir()))
    for file in found:
        assert file["XMP-iptcExt:DigitalSourceType"] == TRAINED_MEDIA, file["SourceFile"]
    assert "brass" not in done.stdout


@pytest.mark.slow
def test_library_image_keeps_rights_and_rebuild_changes_nothing(tmp_path: Path) -> None:
    """Also without known rights: the file then names only its publisher."""
    create_pinned_site(tmp_path, kind="")
    before, _ = build_page(tmp_path)
    assert before.changed
    assert build_page(tmp_path)[0].changed == ()
    shutil.rmtree(tmp_path / ".cache")
    build_page(tmp_path)
    assert [path.name for path in (tmp_path / "site/assets/heroes").glob("*.jpg")] == ["a-lighthouse.jpg"]
    folder = tmp_path / "credited"
    create_pinned_site(folder, kind="", rights=Rights(creator="Ada", license="https://example.org/licence"))
    (image, _) = graph(build_page(folder, rights={"creator": "House"})[1])
    assert image["creator"]["name"] == "Ada"
    asset = probe(folder / "site/assets/heroes/a-lighthouse.jpg", "a-lighthouse.jpg", max_pixels=10**7)
    assert isinstance(asset, Asset)
    assert asset.rights == Rights(creator="Ada", license="https://example.org/licence")


# ---- on the page


@pytest.mark.slow
def test_inserted_hero_gets_overlay_unless_illustration(tmp_path: Path) -> None:
    for extra, overlay in (("", 1), ('depicts = "realistic"\n', 1), ('depicts = "illustration"\n', 0)):
        folder = tmp_path / f"{len(extra)}"
        result, html = build_page(create_pinned_site(folder, extra))
        caption = '<figcaption><span data-imageseo="ai-label">Image: AI-generated</span></figcaption></figure>'
        assert html.count(caption) == 1
        assert html.count('<span data-imageseo="ai-overlay">AI GENERATED</span>') == overlay
        assert html.count("ai-overlay]{position:absolute") == overlay, "no CSS without an overlay"
        assert findings_of(result, "ai-label") == []
        assert edits.strip(html.encode()) == page("<p>Words</p>").encode()
        assert scan_page(html.encode()).refs[-1].caption == "Image: AI-generated"
        assert build_page(folder)[0].changed == ()


def test_label_is_appended_to_caption_of_author(tmp_path: Path) -> None:
    _, html = build_page(create_pinned_site(tmp_path, 'caption = "Off <Skye>"\ndepicts = "illustration"\n'))
    assert '<figcaption>Off &lt;Skye&gt; · <span data-imageseo="ai-label">Image: AI-generated</span>' in html
    assert graph(html)[0]["caption"] == "Off <Skye>"


def test_procedural_hero_and_library_image_have_no_label(tmp_path: Path) -> None:
    for kind in (ALGORITHMIC_MEDIA, ""):
        result, html = build_page(create_pinned_site(tmp_path / str(len(kind)), kind=kind))
        assert "ai-" not in html
        assert findings_of(result, "ai-label") == []


def test_source_file_with_ai_source_type_is_labelled(tmp_path: Path) -> None:
    xmp = xmp_packet(Rights(digital_source_type=TRAINED_MEDIA))
    photo = pictures.save(pictures.photo(640, 360), "JPEG", xmp=xmp)
    request = '["/"]\nsrc = "a.jpg"\nalt = "A"\ncreator = "Ada"\n'
    small_sites.write(tmp_path, {"site/index.html": page("<p>Words</p>"), "site/a.jpg": photo, "heroes.toml": request})
    _, html = build_page(tmp_path)
    assert "AI GENERATED" in html
    assert graph(html)[0]["digitalSourceType"] == SCHEMA[TRAINED_MEDIA]


def test_label_none_adds_no_label_and_is_reported(tmp_path: Path) -> None:
    reason = {"label": "none", "label_reason": "the byline says it; in words"}
    result, html = build_page(create_pinned_site(tmp_path), hero=reason)
    assert "AI" not in re.sub(r"<script.*?</script>", "", html)
    assert 'data-imageseo-disable="ai-label: the byline says it, in words"' in html
    assert findings_of(result, "ai-label") == []
    assert [(each.finding.rule, each.reason) for each in result.silenced] == [
        ("ai-label", "the byline says it, in words")
    ]
    assert severities(tmp_path) == []
    assert build_page(tmp_path, hero=reason)[0].changed == ()
    _, html = build_page(tmp_path)
    assert "data-imageseo-disable" not in html


def test_label_is_where_the_setting_says(tmp_path: Path) -> None:
    create_pinned_site(tmp_path, 'depicts = "illustration"\n')
    for shown, caption, overlay in (("figcaption", 1, 0), ("overlay", 0, 1), ("both", 1, 1)):
        result, html = build_page(tmp_path, hero={"label": shown})
        assert (html.count('="ai-label"'), html.count('="ai-overlay"')) == (caption, overlay), shown
        assert findings_of(result, "ai-label") == []
        assert severities(tmp_path) == [], "lint reads the same page"
        assert edits.strip(html.encode()) == page("<p>Words</p>").encode()


def test_metadata_keys_that_are_not_strings_are_ignored() -> None:
    hints = PageHints(meta={True: "x", 3: {"depicts": "realistic"}, "hero_depicts": "illustration"})  # type: ignore[dict-item]
    assert ai_label._illustrates(Page(path="index.html", hints=hints))


@pytest.mark.parametrize(
    ("hero", "illustrates"),
    [
        ({"depicts": "illustration"}, True),
        ('{"src": "a.jpg", "depicts": "illustration"}', True),
        ('{"src": "a.jpg", "depicts": "realistic"}', False),
        ("{not JSON: illustration", False),
    ],
)
def test_depicts_is_read_from_hero_metadata(hero: object, illustrates: bool) -> None:
    site_page = Page(path="index.html", hints=PageHints(meta={"hero": hero}))
    assert ai_label._illustrates(site_page) == illustrates


HERO_FIGURE = '<figure><img src="assets/heroes/index.jpg" alt="A lighthouse"><figcaption>{}</figcaption></figure>'


def severities(folder: Path) -> list[Severity]:
    settings = config.load({"site_url": "https://example.org/", **FAST}, "test")
    site = directory.site(folder / "site", project=folder, settings=settings)
    found = composition.lint_site(site, settings).findings
    return [finding.severity for finding in found if finding.rule == "ai-label"]


@pytest.mark.parametrize(
    ("caption", "extra", "severity"),
    [
        ("The tower", "", [Severity.ERROR]),
        ("The tower", 'depicts = "realistic"\n', [Severity.ERROR]),
        ("The tower", 'depicts = "illustration"\n', [Severity.WARN]),
        ("The tower. Made with AI", "", []),
        ("Der Turm (KI-generiert)", "", []),
    ],
)
def test_figure_of_author_is_unchanged_and_reported_without_label(
    tmp_path: Path, caption: str, extra: str, severity: list[Severity]
) -> None:
    """If the article itself shows the hero, its author has to add the label; a finding asks for it."""
    body = HERO_FIGURE.format(caption)
    result, html = build_page(create_pinned_site(tmp_path, extra, body=body))
    assert "ai-label" not in html
    assert "ai-overlay" not in html
    assert f"<figcaption>{caption}</figcaption>" in html
    assert len(findings_of(result, "ai-label")) == len(severity)
    assert severities(tmp_path) == severity


# ---- wording


@pytest.mark.parametrize(
    ("language", "caption", "own"),
    [
        ("en-GB", "Image: AI-generated", None),
        ("de", "Bild: KI-generiert", None),
        ("DE_at", "Bild: KI-generiert", None),
        ("fr-CA", "Image : générée par IA", None),
        ("ja", "画像：AI生成", None),
        ("zh-TW", "圖片：AI生成", None),
        ("zh-Hant-HK", "圖片：AI生成", None),
        ("zh", "图片：AI生成", None),
        ("sv", "Image: AI-generated", "en"),
        (None, "Image: AI-generated", "en"),
    ],
)
def test_label_is_in_language_of_page(language: str | None, caption: str, own: str | None) -> None:
    found = label(TRAINED_MEDIA, "unknown", language)
    assert found is not None
    assert (found.caption, found.language) == (caption, own)
    assert mentions_ai(found.caption), "the rule accepts the label"
    assert mentions_ai(found.overlay)


def test_similar_words_are_not_ai_mentions() -> None:
    for text in ("Mail from Aïda", "Kielder, in rain", "via Roma", "Said at noon", None, ""):
        assert not mentions_ai(text), text
    for text in (
        "Made with AI.",
        "AI-generated",
        "image : IA",
        "Bild: KI-generiert",
        "generative artificial intelligence",
    ):
        assert mentions_ai(text), text


def test_label_of_every_language_is_recognized_as_ai_mention() -> None:
    for language in ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "ja", "zh", "zh-hant"):
        found = label(COMPOSITE_TRAINED_MEDIA, "realistic", language)
        assert found is not None
        assert found.language is None
        assert mentions_ai(found.caption)
        assert mentions_ai(found.overlay)
        assert caption_with_label(None, found) == found.caption


@pytest.mark.parametrize("depicts", ["illustration", "realistic", "unknown"])
@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_strip_removes_labels(depicts: Depicts, charset: str) -> None:
    html = '<!doctype html><html lang="ja"><head><title>T</title></head><body><h1>H</h1></body></html>'.encode(charset)
    scan = scan_page(html)
    asset = Asset(path="a.jpg", sha256="ab" * 32, bytes=9, format="jpeg", width=640, height=360)
    made = label(TRAINED_MEDIA, depicts, scan.language)
    insert = HeroInsert(
        at=scan.h1.end if scan.h1 else 0,
        hero=Hero(path="a.jpg", alt="A", caption="C"),
        asset=asset,
        src="a.jpg",
        specs=(),
        sizes="",
        label=made,
    )
    after = edits.apply(html, page_edits(PagePlan(scan=scan, insert=insert), {}))
    assert after != html
    assert edits.strip(after) == html
    assert scan_page(after).refs[0].caption == caption_with_label("C", made)


# ---- in a browser


@pytest.mark.slow
@needs_chromium
def test_overlay_is_on_image_and_visible(tmp_path: Path) -> None:
    create_pinned_site(tmp_path)
    build_page(tmp_path)
    with served(tmp_path / "site") as url, chromium() as browser:
        for width in (412, 1350):
            browser_page = open_page(browser, url, width=width, height=900)
            browser_page.hover("figure img")
            seen: Mapping[str, Any] = browser_page.evaluate(
                """() => {
                  const box = each => document.querySelector(each).getBoundingClientRect().toJSON();
                  const mark = document.querySelector('[data-imageseo=ai-overlay]');
                  const style = getComputedStyle(mark);
                  const at = mark.getBoundingClientRect();
                  mark.style.pointerEvents = 'auto';  // otherwise elementFromPoint ignores it
                  const top = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
                  return {mark: box('[data-imageseo=ai-overlay]'), image: box('figure img'), text: mark.innerText,
                          ink: style.color, ground: style.backgroundColor, visible: style.visibility,
                          opacity: style.opacity, print: style.printColorAdjust,
                          seen: top === mark, wide: document.documentElement.scrollWidth};
                }"""
            )
            mark, image = seen["mark"], seen["image"]
            assert seen["text"] == "AI GENERATED"
            assert seen["seen"]
            assert (seen["ink"], seen["ground"]) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")
            assert (seen["visible"], seen["opacity"]) == ("visible", "1")
            assert seen["print"] == "exact", "browsers leave out backgrounds in print"
            assert 0 < image["right"] - mark["right"] <= 16
            assert 0 < mark["top"] - image["top"] <= 16
            assert mark["left"] > image["left"]
            assert seen["wide"] <= width
            assert image["width"] == pytest.approx(min(640, width - 16), abs=1), "as wide as without a label"


def test_master_contains_prompt(tmp_path: Path) -> None:
    """The prompt is in the master, so that the tests above can fail."""
    create_pinned_site(tmp_path)
    with Image.open(tmp_path / "heroes/index.png") as image:
        assert SECRET in image.info["parameters"]


# What themes do: a reset of every element (notmyidea), images as blocks (Material), or with margins (MkDocs).
THEMES = {
    "reset": "html,body,div,span,figure,img{margin:0;padding:0;border:0;font-size:100%;background:transparent}",
    "blocks": "figure{width:fit-content;margin:1em auto;text-align:center}figure img{display:block}",
    "margins": "img{margin:20px auto;padding:5px;border:1px solid #ddd;background:#fff}",
    "dark": ":root{color-scheme:dark}body{background:#111;color:#eee}article span{color:#333;opacity:.4}",
    "hidden": "article figure span{display:none;visibility:hidden}",
}


@pytest.mark.slow
@needs_chromium
def test_overlay_is_readable_in_every_theme_and_moves_nothing(tmp_path: Path, subtests: pytest.Subtests) -> None:
    create_pinned_site(tmp_path)
    index = tmp_path / "site/index.html"
    plain = index.read_text()
    script = """() => {
      const mark = document.querySelector('[data-imageseo=ai-overlay]'), image = document.querySelector('figure img');
      const style = getComputedStyle(mark), at = mark.getBoundingClientRect(), frame = mark.parentElement;
      const boxes = () => [image, image.closest('figure')].map(each => each.getBoundingClientRect().toJSON());
      mark.style.pointerEvents = 'auto';
      const found = {seen: document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2) === mark,
        colors: [style.color, style.backgroundColor, style.opacity], mark: at.toJSON(), boxes: boxes()};
      mark.remove(); frame.replaceWith(...frame.childNodes);
      return {...found, without: boxes()};
    }"""
    with served(tmp_path / "site") as url, chromium() as browser:
        for name, sheet in THEMES.items():
            index.write_text(plain.replace("</head>", f"<style>{sheet}</style></head>"))
            build_page(tmp_path)
            for width in (390, 1440):
                with subtests.test(theme=name, width=width):
                    seen = open_page(browser, url, width=width, height=900).evaluate(script)
                    mark, image = seen["mark"], seen["boxes"][0]
                    assert seen["seen"]
                    assert seen["colors"] == ["rgb(255, 255, 255)", "rgb(0, 0, 0)", "1"]
                    assert image["top"] < mark["top"] < image["top"] + 20, "on the image, whatever its margins"
                    assert image["left"] < mark["left"] < mark["right"] < image["right"]
                    assert seen["boxes"] == seen["without"], "the label changes no size"
