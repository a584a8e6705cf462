"""Builds whose candidates come from a CDN: pages, budgets, second builds, and images that it may not deliver."""

from __future__ import annotations

import html as entities
import re
from pathlib import Path
from typing import Any

import pytest

from imageseo import config
from imageseo.integrations import directory, runner
from imageseo.model.errors import SettingsError
from imageseo.model.finding import Finding, Severity
from imageseo.pipeline import composition
from imageseo.pipeline.build import BuildResult
from imageseo.pipeline.pictures import page_record
from imageseo.web.filenames import looks_like_variant
from imageseo.web.srcset.candidates import parse_srcset
from tests.pipeline.test_build import FAST, build, findings_of, make_project, page
from tests.support import pictures, small_sites
from tests.support.browser import chromium, needs_chromium, served

CLOUDINARY = {"template": "cloudinary", "host": "https://res.cloudinary.com/demo"}
FETCH = "https://res.cloudinary.com/demo/image/fetch"
BODY = '<p><img src="img/foo%20bar.jpg" alt="A hill"></p>' + "<p>Words.</p>" * 90 + '<img src="img/b,c.jpg" alt="B">'


def options(**cdn: object) -> dict[str, Any]:
    return {"widths": [400, 800], "delivery": {"cdn": {**CLOUDINARY, **cdn}}}


def site(folder: Path, body: str = BODY, **files: str | bytes) -> Path:
    images = {"img/foo bar.jpg": small_sites.photo(1000, 600), "img/b,c.jpg": small_sites.photo(800, 500, 2)}
    return make_project(folder, {"index.html": page(body), **images, **files})


def read(folder: Path) -> str:
    return (folder / "site/index.html").read_text("utf-8")


def files(folder: Path) -> dict[str, bytes]:
    root = folder / "site"
    return {each.relative_to(root).as_posix(): each.read_bytes() for each in sorted(root.rglob("*")) if each.is_file()}


def variants(folder: Path) -> list[str]:
    return [path for path in files(folder) if looks_like_variant(path)]


def used(result: BuildResult) -> dict[tuple[str, str], int]:
    records = [page_record.decode(each.outcome.pictures) for each in result.pages]
    return {(each.metric, each.viewport): each.value for record in records if record for each in record.budgets}


def lint(folder: Path, settings: dict[str, Any]) -> list[Finding]:
    loaded = config.load({**FAST, **settings}, "test")
    return list(
        composition.lint_site(directory.site(folder / "site", project=folder, settings=loaded), loaded).findings
    )


def test_pages_offer_candidates_of_the_cdn_and_no_file_is_made(tmp_path: Path) -> None:
    site(tmp_path)
    before = files(tmp_path)
    result = build(tmp_path, options())
    html = read(tmp_path)
    assert not result.failed
    assert variants(tmp_path) == []
    found = [
        parse_srcset(entities.unescape(text))
        for text in re.findall(r'<source type="image/avif" srcset="([^"]+)"', html)
    ]
    assert [[(each.url, each.width) for each in each_list] for each_list in found] == [
        [(f"{FETCH}/f_avif/q_auto/w_{width}/https://example.org/img/foo%20bar.jpg", width) for width in (400, 800)],
        [(f"{FETCH}/f_avif/q_auto/w_{width}/https://example.org/img/b%2Cc.jpg", width) for width in (400, 800)],
    ]
    assert 'src="img/foo%20bar.jpg" alt="A hill" width="1000" height="600" fetchpriority="high"' in html
    assert 'loading="lazy"' in html
    assert '"contentUrl":"https://example.org/img/foo%20bar.jpg"' in html  # the file that is there

    built = files(tmp_path)
    second = build(tmp_path, options())
    assert (files(tmp_path), second.counts["changed"], second.counts["encoded"]) == (built, 0, 0)
    assert findings_of(second, "cdn-estimated")
    assert [each for each in lint(tmp_path, options()) if each.severity is not Severity.INFO] == []

    build(tmp_path, {"widths": [400, 800]})
    assert "cloudinary" not in read(tmp_path)
    assert len(variants(tmp_path)) == len(set(re.findall(r"\dw\.([0-9a-f]{8})\.", read(tmp_path)))) == 8
    build(tmp_path, options())
    assert files(tmp_path) == built
    assert {path for path in built if path not in before} <= {"sitemap.xml", "assets/social/index.jpg"}


def test_a_budget_is_judged_by_an_estimate_or_skipped_but_never_passed(tmp_path: Path) -> None:
    site(tmp_path)
    tight = {
        "budgets": {
            "lcp-bytes": {"mobile": {"warn": 100, "error": 200}},
            "page-image-bytes": {"mobile": {"error": 900}},
        }
    }
    result = build(tmp_path, {**options(), **tight})
    assert result.failed
    [finding] = findings_of(result, "lcp-bytes")
    assert f"{FETCH}/f_avif/q_auto/w_800/" in finding.message
    assert findings_of(result, "quality-lowered") == []  # the CDN would not know of it
    assert variants(tmp_path) == []
    assert used(result)["lcp-bytes", "mobile"] > 1000
    assert ("page-image-bytes", "mobile") not in used(result)

    skipped = build(tmp_path, {**options(budgets="skip"), **tight})
    assert not skipped.failed
    assert used(skipped) == {}
    messages = [each.message for each in findings_of(skipped, "budget-unmeasured")]
    assert len(messages) == 2
    assert "lcp-bytes on mobile" in messages[0] + messages[1]
    assert "page-image-bytes: skipped" in messages[0] + messages[1]
    assert skipped.counts["encoded"] == 0
    found = [each for each in lint(tmp_path, {**options(budgets="skip"), **tight}) if each.rule == "budget-unmeasured"]
    assert len(found) == 2


def test_one_url_for_all_formats_is_an_img_and_a_warning(tmp_path: Path) -> None:
    site(tmp_path)
    result = build(tmp_path, options(negotiate=True))
    html = read(tmp_path)
    assert "<picture" not in html
    assert f'srcset="{FETCH}/f_auto/q_auto/w_400/https://example.org/img/foo%20bar.jpg 400w, ' in html
    [finding] = findings_of(result, "cdn-negotiated")
    assert finding.severity is Severity.WARN
    assert "Vary: Accept" in finding.message
    assert findings_of(result, "markup-reduced") == []
    built = files(tmp_path)
    build(tmp_path, options(negotiate=True))
    assert files(tmp_path) == built
    assert [each for each in lint(tmp_path, options(negotiate=True)) if each.severity is not Severity.INFO] == []


def test_images_that_not_every_browser_would_get_keep_files(tmp_path: Path, subtests: pytest.Subtests) -> None:
    policy = '<meta http-equiv="Content-Security-Policy" content="img-src \'self\' {}">'
    image = '<p><img src="img/foo%20bar.jpg" alt="A"{}></p>'
    turned = {"img/t.jpg": small_sites.photo(1000, 600)}
    cases = {
        "policy": (image.format(""), policy.format(""), False),
        "policy of another host": (image.format(""), policy.format("https://cloudinary.com"), False),
        "policy allows the host": (image.format(""), policy.format("https://*.cloudinary.com"), True),
        "policy allows the path": (image.format(""), policy.format("res.cloudinary.com/demo/"), True),
        "crossorigin": (image.format(" crossorigin"), "", False),
        "percent sign": ('<p><img src="img/50%25.jpg" alt="A"></p>', "", False),
    }
    for name, (body, head, is_delivered) in cases.items():
        with subtests.test(name):
            folder = site(tmp_path / name, body, **{"img/50%.jpg": small_sites.photo(1000, 600), **turned})
            path = folder / "site/index.html"
            path.write_text(path.read_text("utf-8").replace("</title>", f"</title>{head}"), "utf-8")
            build(folder, {**options(budgets="skip"), "formats": ["webp"]})
            assert (FETCH in read(folder)) is is_delivered
            assert bool(variants(folder)) is not is_delivered
            assert "<picture" in read(folder)


def test_urls_on_the_own_host_are_no_files_to_lint(tmp_path: Path) -> None:
    settings = {"widths": [400, 800], "formats": ["webp"], "delivery": {"cdn": {"template": "fastly"}}}
    site(tmp_path)
    build(tmp_path, settings)
    assert "/img/foo%20bar.jpg?width=400&amp;format=webp 400w" in read(tmp_path)
    assert variants(tmp_path) == []
    # The logo has 64 px.
    assert {each.rule for each in lint(tmp_path, settings)} == {"budget-unmeasured", "img-blurry"}
    for template, url in (("cloudflare", "/cdn-cgi/image/width=400,format=webp/img/foo%20bar.jpg 400w"),):
        settings["delivery"] = {"cdn": {"template": template}}
        build(tmp_path, settings)
        assert url in read(tmp_path)
        assert {each.rule for each in lint(tmp_path, settings)} == {"budget-unmeasured", "img-blurry"}


def test_keys_come_from_the_environment_and_a_new_one_signs_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**options(template="imgproxy", host="https://i.example"), "formats": ["webp"]}
    site(tmp_path)
    monkeypatch.delenv("IMGPROXY_KEY", raising=False)
    with pytest.raises(SettingsError, match="IMGPROXY_KEY: missing"):
        build(tmp_path, settings)
    assert "i.example" not in read(tmp_path)
    monkeypatch.setenv("IMGPROXY_SALT", "68656C6C6F")
    pages = []
    for key in ("736563726574", "0102030405"):
        monkeypatch.setenv("IMGPROXY_KEY", key)
        build(tmp_path, settings)
        pages.append(read(tmp_path))
        assert "https://i.example/" in pages[-1]
        assert "i.example//" not in pages[-1]
        assert key not in pages[-1]
    assert pages[0] != pages[1]


def test_a_preview_shows_files(tmp_path: Path) -> None:
    settings = config.load({**FAST, **options()}, "test")
    assert settings.delivery.cdn.template == "cloudinary"
    assert runner.without_cdn(settings).delivery.cdn.template is None


@needs_chromium
@pytest.mark.browser
def test_chromium_asks_for_one_candidate_of_each_image(tmp_path: Path, subtests: pytest.Subtests) -> None:
    small = pictures.save(pictures.flat("green", size=(40, 24)), "WEBP")
    cases: dict[str, dict[str, object]] = {
        "cloudinary": {**CLOUDINARY},
        "negotiated": {**CLOUDINARY, "negotiate": True},
        "commas": {"template": "https://cdn.example/w={width},f={format},q=auto/{path}"},
        "own host": {"template": "fastly"},
    }
    asked: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(body=small, content_type="image/webp")

    with chromium() as browser:
        for name, cdn in cases.items():
            folder = site(tmp_path / name, BODY.replace("<p>Words.</p>", ""))
            build(folder, {"widths": [400, 800], "delivery": {"cdn": {**cdn, "budgets": "skip"}}})
            asked.clear()
            with subtests.test(name), served(folder / "site") as base:
                context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=1.0)
                context.route(re.compile(r"^https://|[.]jpg"), answer)
                shown = context.new_page()
                shown.goto(base, wait_until="load")
                sources = shown.evaluate("[...document.querySelectorAll('article img')].map(each => each.currentSrc)")
                context.close()
                assert sorted(asked) == sorted(sources)
                assert len(asked) == 2
                assert all(re.search("w_400|w=400|width=400", url) for url in asked)
                assert any("/img/foo%20bar.jpg" in url for url in asked)
