"""What a picture that a model made says of itself: in its files, in JSON-LD, and to those who look at the page."""

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
from tests.pipeline.test_build import build, of, page
from tests.support import pictures, small_sites
from tests.support.browser import chromium, needs_chromium, open_page, served

SECRET = "a brass lighthouse in heavy fog"
RECIPE = f'provider = "diffusers"\nmodel = "models/tiny"\nprompt = "{SECRET}"\nseed = 9\nwidth = 640\nheight = 360\n'
FAST: dict[str, Any] = {"formats": ["avif", "webp"], "widths": [320], "encode": {"avif_speed": 10}, "frozen": True}
SCHEMA = {
    TRAINED_MEDIA: "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
    COMPOSITE_TRAINED_MEDIA: "https://schema.org/CompositeWithTrainedAlgorithmicMediaDigitalSource",
    ALGORITHMIC_MEDIA: "https://schema.org/AlgorithmicMediaDigitalSource",
}


def pinned(
    folder: Path, said: str = "", *, kind: str = TRAINED_MEDIA, body: str = "<p>Words</p>", rights: Rights | None = None
) -> Path:
    """A site of one page whose hero a model made: the master with its prompt in it, and the lock that names it."""
    files = {"site/index.html": page(body), "heroes.toml": f'["/"]\n{RECIPE}alt = "A lighthouse"\n{said}'}
    small_sites.write(folder, files)
    settings = config.load({}, "test")
    (shown,) = directory.site(folder / "site", project=folder, settings=settings).pages
    providers = composition.providers(settings, folder)
    asked = request_parser.request(shown, settings=settings.hero, complete=completer(providers), base_url=None)
    assert asked is not None
    assert asked.recipe is not None
    image = pictures.photo(640, 360)
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", f"{SECRET}\nSteps: 20, Sampler: Euler a, Seed: 9")
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=text)
    digest = hashlib.sha256(out.getvalue()).hexdigest()
    small_sites.write(folder, {"heroes/index.png": out.getvalue()})
    pin = Pin(
        page=asked.page,
        recipe=asked.recipe,
        recipe_hash=asked.recipe.key,
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


def built(folder: Path, **options: Any) -> tuple[job.BuildResult, str]:
    result = build(folder, {**FAST, **options})
    assert not result.failed, result.findings
    return result, (folder / "site/index.html").read_text("utf-8")


def graph(html: str) -> list[dict[str, Any]]:
    found = re.search(r'<script type="application/ld\+json" data-imageseo>(.*?)</script>', html)
    assert found is not None
    things: list[dict[str, Any]] = json.loads(found[1])["@graph"]
    return things


# ---- in the files


@pytest.mark.parametrize("kind", [TRAINED_MEDIA, COMPOSITE_TRAINED_MEDIA, ALGORITHMIC_MEDIA, ""])
def test_every_file_says_what_its_master_says_and_none_says_the_prompt(tmp_path: Path, kind: str) -> None:
    pinned(tmp_path, kind=kind)
    _, html = built(tmp_path, hero={"crops": ["1:1", "4:3"]})
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


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed: nobody else reads the files")
def test_exiftool_reads_the_source_type_and_no_prompt(tmp_path: Path) -> None:
    pinned(tmp_path)
    built(tmp_path, hero={"crops": ["1:1"]})
    folder = tmp_path / "site/assets/heroes"
    done = subprocess.run(["exiftool", "-j", "-n", "-G1", "-a", folder], capture_output=True, check=True, text=True)
    found = json.loads(done.stdout)
    assert len(found) == len(list(folder.iterdir()))
    for file in found:
        assert file["XMP-iptcExt:DigitalSourceType"] == TRAINED_MEDIA, file["SourceFile"]
    assert "brass" not in done.stdout


def test_a_found_picture_keeps_its_rights_and_is_known_again(tmp_path: Path) -> None:
    """One of which nothing is known too: its file says who published it, and nothing else."""
    pinned(tmp_path, kind="")
    before, _ = built(tmp_path)
    assert before.changed
    assert built(tmp_path)[0].changed == ()
    shutil.rmtree(tmp_path / ".cache")
    built(tmp_path)
    assert [path.name for path in (tmp_path / "site/assets/heroes").glob("*.jpg")] == ["index.jpg"]
    folder = tmp_path / "credited"
    pinned(folder, kind="", rights=Rights(creator="Ada", license="https://example.org/licence"))
    (image, _) = graph(built(folder, rights={"creator": "House"})[1])
    assert image["creator"]["name"] == "Ada"
    asset = probe(folder / "site/assets/heroes/index.jpg", "index.jpg", max_pixels=10**7)
    assert isinstance(asset, Asset)
    assert asset.rights == Rights(creator="Ada", license="https://example.org/licence")


# ---- on the page


def test_the_inserted_hero_is_labelled_by_what_it_depicts(tmp_path: Path) -> None:
    for said, overlay in (("", 1), ('depicts = "realistic"\n', 1), ('depicts = "illustration"\n', 0)):
        folder = tmp_path / f"{len(said)}"
        result, html = built(pinned(folder, said))
        caption = '<figcaption><span data-imageseo="ai-label">Image: AI-generated</span></figcaption></figure>'
        assert html.count(caption) == 1
        assert html.count('<span data-imageseo="ai-overlay">AI GENERATED</span>') == overlay
        assert html.count("ai-overlay]){position:absolute") == overlay, "nobody pays for what is not there"
        assert of(result, "ai-label") == []
        assert edits.strip(html.encode()) == page("<p>Words</p>").encode()
        assert scan_page(html.encode()).refs[-1].caption == "Image: AI-generated"
        assert built(folder)[0].changed == ()


def test_the_label_joins_the_authors_caption(tmp_path: Path) -> None:
    _, html = built(pinned(tmp_path, 'caption = "Off <Skye>"\ndepicts = "illustration"\n'))
    assert '<figcaption>Off &lt;Skye&gt; · <span data-imageseo="ai-label">Image: AI-generated</span>' in html
    assert graph(html)[0]["caption"] == "Off <Skye>"


def test_a_formula_and_a_found_picture_have_no_label(tmp_path: Path) -> None:
    for kind in (ALGORITHMIC_MEDIA, ""):
        result, html = built(pinned(tmp_path / str(len(kind)), kind=kind))
        assert "ai-" not in html
        assert of(result, "ai-label") == []


def test_an_authors_own_file_is_labelled_whoever_has_a_right_to_it(tmp_path: Path) -> None:
    xmp = xmp_packet(Rights(digital_source_type=TRAINED_MEDIA))
    photo = pictures.save(pictures.photo(640, 360), "JPEG", xmp=xmp)
    asked = '["/"]\nsrc = "a.jpg"\nalt = "A"\ncreator = "Ada"\n'
    small_sites.write(tmp_path, {"site/index.html": page("<p>Words</p>"), "site/a.jpg": photo, "heroes.toml": asked})
    _, html = built(tmp_path)
    assert "AI GENERATED" in html
    assert graph(html)[0]["digitalSourceType"] == SCHEMA[TRAINED_MEDIA]


def test_label_none_leaves_it_to_the_site_and_the_rule_asks_after_it(tmp_path: Path) -> None:
    result, html = built(pinned(tmp_path), hero={"label": "none"})
    assert "AI" not in re.sub(r"<script.*?</script>", "", html)
    (finding,) = of(result, "ai-label")
    assert "figcaption" in finding.hint
    off, _ = built(tmp_path, hero={"label": "none"}, lint={"rules": {"ai-label": "off"}})
    assert of(off, "ai-label") == []


def test_keys_that_are_no_words_are_passed_over() -> None:
    hints = PageHints(meta={True: "x", 3: {"depicts": "realistic"}, "hero_depicts": "illustration"})  # type: ignore[dict-item]
    assert ai_label._illustrates(Page(path="index.html", hints=hints))


@pytest.mark.parametrize(
    ("said", "illustrates"),
    [
        ({"depicts": "illustration"}, True),
        ('{"src": "a.jpg", "depicts": "illustration"}', True),
        ('{"src": "a.jpg", "depicts": "realistic"}', False),
        ("{not JSON: illustration", False),
    ],
)
def test_what_a_hero_depicts_is_read_as_heroes_are(said: object, illustrates: bool) -> None:
    shown = Page(path="index.html", hints=PageHints(meta={"hero": said}))
    assert ai_label._illustrates(shown) == illustrates


SHOWN = '<figure><img src="assets/heroes/index.jpg" alt="A lighthouse"><figcaption>{}</figcaption></figure>'


def severities(folder: Path) -> list[Severity]:
    settings = config.load({"site_url": "https://example.org/", **FAST}, "test")
    site = directory.site(folder / "site", project=folder, settings=settings)
    found = composition.lint_site(site, settings).findings
    return [finding.severity for finding in found if finding.rule == "ai-label"]


@pytest.mark.parametrize(
    ("caption", "said", "severity"),
    [
        ("The tower", "", [Severity.ERROR]),
        ("The tower", 'depicts = "realistic"\n', [Severity.ERROR]),
        ("The tower", 'depicts = "illustration"\n', [Severity.WARN]),
        ("The tower. Made with AI", "", []),
        ("Der Turm (KI-generiert)", "", []),
    ],
)
def test_an_authors_own_figure_is_not_ours_to_change(
    tmp_path: Path, caption: str, said: str, severity: list[Severity]
) -> None:
    """Where the article shows the hero itself the label must come from its author: a finding asks for it."""
    body = SHOWN.format(caption)
    result, html = built(pinned(tmp_path, said, body=body))
    assert "ai-label" not in html
    assert "ai-overlay" not in html
    assert f"<figcaption>{caption}</figcaption>" in html
    assert len(of(result, "ai-label")) == len(severity)
    assert severities(tmp_path) == severity


# ---- words


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
def test_a_label_speaks_the_pages_language(language: str | None, caption: str, own: str | None) -> None:
    found = label(TRAINED_MEDIA, "unknown", language)
    assert found is not None
    assert (found.caption, found.language) == (caption, own)
    assert mentions_ai(found.caption), "its own rule understands it"
    assert mentions_ai(found.overlay)


def test_words_that_only_look_like_it_are_no_label() -> None:
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


def test_every_label_is_understood_by_the_rule() -> None:
    for language in ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "ja", "zh", "zh-hant"):
        found = label(COMPOSITE_TRAINED_MEDIA, "realistic", language)
        assert found is not None
        assert found.language is None
        assert mentions_ai(found.caption)
        assert mentions_ai(found.overlay)
        assert caption_with_label(None, found) == found.caption


@pytest.mark.parametrize("depicts", ["illustration", "realistic", "unknown"])
@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_labels_can_be_taken_out_again(depicts: Depicts, charset: str) -> None:
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


@needs_chromium
def test_the_overlay_stands_on_the_picture_and_is_always_seen(tmp_path: Path) -> None:
    pinned(tmp_path)
    built(tmp_path)
    with served(tmp_path / "site") as url, chromium() as browser:
        for width in (412, 1350):
            shown = open_page(browser, url, width=width, height=900)
            shown.hover("figure img")
            seen: Mapping[str, Any] = shown.evaluate(
                """() => {
                  const box = each => document.querySelector(each).getBoundingClientRect().toJSON();
                  const mark = document.querySelector('[data-imageseo=ai-overlay]');
                  const style = getComputedStyle(mark);
                  const at = mark.getBoundingClientRect();
                  mark.style.pointerEvents = 'auto';  // else nothing is ever at its place
                  const top = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
                  return {mark: box('[data-imageseo=ai-overlay]'), image: box('figure img'), text: mark.innerText,
                          ink: style.color, ground: style.backgroundColor, visible: style.visibility,
                          opacity: style.opacity, seen: top === mark, wide: document.documentElement.scrollWidth};
                }"""
            )
            mark, image = seen["mark"], seen["image"]
            assert seen["text"] == "AI GENERATED"
            assert seen["seen"]
            assert (seen["ink"], seen["ground"]) == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")
            assert (seen["visible"], seen["opacity"]) == ("visible", "1")
            assert 0 < image["right"] - mark["right"] <= 16
            assert 0 < mark["top"] - image["top"] <= 16
            assert mark["left"] > image["left"]
            assert seen["wide"] <= width
            assert image["width"] == pytest.approx(min(640, width - 16), abs=1), "as wide as without a label"


def test_the_tests_master_would_tell(tmp_path: Path) -> None:
    """The prompt is in the master: that it is nowhere in the site is no accident."""
    pinned(tmp_path)
    with Image.open(tmp_path / "heroes/index.png") as image:
        assert SECRET in image.info["parameters"]
