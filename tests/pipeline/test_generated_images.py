"""A build takes prompts out of published files and marks images of generative models, wherever a page shows them."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from imageseo import config
from imageseo.cli.commands import lint as lint_command
from imageseo.cli.commands.lint import LintRequest, LintRun
from imageseo.images.metadata.ai_origin import read_file_origin
from imageseo.integrations import directory
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import detect_project
from imageseo.lint.hero_faults import hero_fault_finding
from imageseo.model.errors import RecipeError, SettingsError
from imageseo.model.finding import Finding
from imageseo.model.hero import COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA
from imageseo.model.origin import AiOrigin
from imageseo.pipeline import build as pipeline
from imageseo.pipeline import composition
from tests.support import ai_pictures as ai
from tests.support import small_sites

SETTINGS = {"site_url": "https://example.org/", "profile": "fast", "formats": ["webp"], "encode": {"isolate": False}}
WORDS = tuple(ai.SECRET.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be"))
A1111 = b"UNICODE\0" + ai.A1111.encode("utf-16-be")


def page(body: str, head: str = "", language: str = "en") -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><title>T</title>{head}</head>'
        f"<body><main><article><h1>T</h1>{body}</article></main></body></html>"
    )


def picture(number: int, tool: str = "comfyui") -> bytes:
    return ai.png(ai.PNG_TEXTS[tool], size=(200 + number, 150))


def make(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    small_sites.write(folder / "site", files)
    return folder


def build(folder: Path, options: Mapping[str, object] | None = None) -> pipeline.BuildResult:
    settings = config.load({**SETTINGS, **(options or {})}, "test")
    site = directory.site(folder / "site", project=folder, settings=settings)
    with composition.build_tools(settings, project=folder, progress=Quiet()) as tools:
        return pipeline.build(site, settings, tools)


def lint(folder: Path, *, fix: bool = False, diff: bool = False) -> LintRun:
    project = detect_project(folder, config=None, note=lambda _: None)
    return lint_command.lint(project, folder / "site", LintRequest(fix=fix, diff=diff), progress=Quiet())


def of_rules(run: LintRun, *rules: str) -> list[Finding]:
    return [finding for finding in run.report.findings if finding.rule in rules]


def files(folder: Path) -> dict[str, bytes]:
    root = folder / "site"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def origin_of(data: bytes) -> AiOrigin:
    origin = read_file_origin(data)
    assert origin is not None
    return origin


def leaks(folder: Path) -> list[str]:
    """Return the published files that contain a word of the prompt, or a text that a tool wrote."""
    found = [path for path, data in files(folder).items() if any(word in data for word in WORDS)]
    return found + [path for path, data in files(folder).items() if (o := read_file_origin(data)) and o.prompts]


def test_build_cleans_and_marks_every_file_that_a_page_shows_or_links_to(tmp_path: Path) -> None:
    body = (
        '<p><img src="a.png" alt="Graph"></p><p><img src="b.jpg" alt="A photo"></p><p><img src="c.webp" alt="C"></p>'
        '<p><img src="own.png" srcset="own.png 202w, large.png 203w" sizes="200px" alt="Own candidates"></p>'
        '<p><img src="plain.jpg" alt="P"></p>'
        '<p><a href="large.png"><img src="thumb.jpg" alt="Large"></a></p><nav><img src="nav.png" alt="N"></nav>'
    )
    head = '<meta property="og:image" content="https://example.org/og.png">'
    head += '<meta name="twitter:image" content="https://example.org/tw.png">'
    plain, exif = ai.raster("JPEG", size=(200, 150)), ai.exif({}, A1111, orientation=6)
    make(
        tmp_path,
        {
            "index.html": page(body, head),
            "a.png": picture(1),
            "b.jpg": ai.raster("JPEG", exif=exif, size=(200, 150)),
            "c.webp": ai.raster("WEBP", exif=exif, size=(220, 150)),
            **{
                f"{name}.png": picture(number + 2, "a1111")
                for number, name in enumerate(("own", "large", "nav", "og", "tw"))
            },
            "plain.jpg": plain,
            "thumb.jpg": plain,
        },
    )
    before = files(tmp_path)
    result = build(tmp_path)
    assert not result.failed
    assert leaks(tmp_path) == []
    after = files(tmp_path)
    for name in ("a.png", "b.jpg", "c.webp", "own.png", "large.png", "nav.png", "og.png", "tw.png"):
        assert origin_of(after[name]).declared, name
        with Image.open(io.BytesIO(before[name])) as one, Image.open(io.BytesIO(after[name])) as other:
            assert one.tobytes() == other.tobytes()
            assert one.getexif().get(0x0112) == other.getexif().get(0x0112)
    assert after["plain.jpg"] == plain
    variants = [name for name in after if "w." in name and not name.startswith(("plain", "thumb"))]
    assert variants
    assert all(origin_of(after[name]).source_type == TRAINED_MEDIA for name in variants)
    assert after["index.html"].count(b"TrainedAlgorithmicMediaDigitalSource") == 3
    notes = [finding.message for finding in result.findings if finding.rule == "prompt-removed"]
    assert len(notes) == 8
    assert notes[0].startswith("a.png (made with ComfyUI): in the published file, PNG text prompt, PNG text workflow")

    build(tmp_path)
    assert files(tmp_path) == after
    assert not of_rules(lint(tmp_path), "prompt-leak", "ai-unmarked", "prov-dst", "prov-consistent", "ld-imageobject")
    # The generator copies its files again: they are cleaned from the cache, and the page is replayed.
    small_sites.write(tmp_path / "site", {name: before[name] for name in ("a.png", "b.jpg", "index.html")})
    build(tmp_path)
    assert files(tmp_path) == after


def test_inserted_hero_is_labelled_by_what_it_depicts(tmp_path: Path) -> None:
    meta = '<meta name="imageseo:hero" content=\'{{"src": "{0}.png", "alt": "A", "depicts": "{1}"}}\'>'
    make(
        tmp_path,
        {
            **{
                f"{kind}.html": page("<p>Text</p>", meta.format(kind, kind), "de")
                for kind in ("realistic", "illustration")
            },
            "plain.html": page("<p>Text</p>", meta.format("plain", "realistic")),
            "realistic.png": picture(1, "novelai"),
            "illustration.png": picture(2, "invokeai"),
            "plain.png": ai.png(size=(200, 150)),
        },
    )
    build(tmp_path)
    html = {name: data.decode() for name, data in files(tmp_path).items() if name.endswith(".html")}
    assert "KI-GENERIERT" in html["realistic.html"]
    assert "Bild: KI-generiert" in html["illustration.html"]
    assert 'data-imageseo="ai-overlay"' not in html["illustration.html"]
    assert 'data-imageseo="ai-label"' not in html["plain.html"]
    assert leaks(tmp_path) == []


def test_opted_out_and_ordinary_files_stay_byte_for_byte(tmp_path: Path) -> None:
    body = '<p><img src="a.png" alt="Workflow" data-imageseo="ignore"></p><p><img src="b.jpg" alt="B"></p>'
    camera = ai.raster("JPEG", exif=ai.exif({0x010F: "Canon", 0x0131: "Lightroom"}), size=(200, 150))
    signed = ai.png(size=(210, 150))
    signed = signed[:33] + ai.png_chunk(b"caBX", ai.manifest("trainedAlgorithmicMedia")) + signed[33:]
    body += '<p><img src="c.png" alt="Signed"></p>'
    given = {"a.png": picture(1), "b.jpg": camera, "c.png": signed}
    make(tmp_path, {"index.html": page(body), **given})
    result = build(tmp_path)
    after = files(tmp_path)
    assert {name: after[name] for name in given} == given
    assert not [finding for finding in result.findings if finding.rule == "prompt-removed"]
    variants = [data for name, data in after.items() if name.startswith("c-")]
    assert variants
    assert all(origin_of(data).declared for data in variants)


def test_recompressed_files_lose_the_prompt_too(tmp_path: Path) -> None:
    make(tmp_path, {"index.html": page('<p><img src="a.png" alt="A"></p>'), "a.png": picture(1)})
    build(tmp_path, {"fallback": "recompress"})
    assert leaks(tmp_path) == []
    assert origin_of(files(tmp_path)["a.png"]).declared
    build(tmp_path)
    assert leaks(tmp_path) == []


def test_lint_reports_and_fixes_files_of_any_site(tmp_path: Path) -> None:
    body = '<p><img src="a.png" alt="Graph"></p><p><img src="b.jpg" alt="A photo"></p>'
    huge = ai.png({"parameters": b"\0" * 5_000_000}, form="zTXt", size=(200, 150))
    make(
        tmp_path,
        {
            "index.html": page(body),
            "a.png": picture(1),
            "b.jpg": ai.raster("JPEG", exif=ai.exif({0x0131: "Midjourney"}), size=(200, 150)),
            "alone/c.webp": ai.raster("WEBP", exif=ai.exif({}, A1111), size=(200, 150)),
            "alone/huge.png": huge,
            "style.css": "body { background: url(a.png) }",
        },
    )
    found = lint(tmp_path)
    assert [(each.rule, each.location.page) for each in of_rules(found, "ai-unmarked", "prompt-leak")] == [
        ("prompt-leak", "a.png"),
        ("prompt-leak", "alone/c.webp"),
        ("prompt-leak", "alone/huge.png"),
        ("ai-unmarked", "index.html"),
        ("ai-unmarked", "index.html"),
    ]
    before = files(tmp_path)
    shown = lint(tmp_path, diff=True)
    assert sum("--fix would rewrite" in note for note in shown.report.notes) == 4
    assert files(tmp_path) == before
    fixed = lint(tmp_path, fix=True)
    assert not of_rules(fixed, "ai-unmarked", "prompt-leak", "prov-dst")
    assert any("in 4 image files" in note for note in fixed.report.notes)
    assert leaks(tmp_path) == []
    assert lint(tmp_path, fix=True).report.findings == fixed.report.findings


def test_author_and_settings_say_how_a_file_came_to_be(tmp_path: Path) -> None:
    hero = '{"src": "a.png", "alt": "A", "made_with": "Firefly", "depicts": "realistic"}'
    meta = f"<meta name=\"imageseo:hero\" content='{hero}'>"
    body = '<p><img src="{}" alt="Shown"></p>'
    make(
        tmp_path,
        {
            "index.html": page("<p>Text</p>", meta),
            "other.html": page(body.format("a.png")),
            "third.html": page(body.format("ai/b.jpg")),
            "photo.html": page(body.format("c.jpg")),
            "a.png": ai.png(size=(200, 150)),
            "ai/b.jpg": ai.raster("JPEG", size=(210, 150)),
            "c.jpg": ai.raster("JPEG", size=(220, 150)),
        },
    )
    settings = {"digital_source_type": {"ai/*": "compositeWithTrainedAlgorithmicMedia", "c*": "digitalCapture"}}
    result = build(tmp_path, settings)
    after = files(tmp_path)
    assert not result.failed
    assert "AI GENERATED" in after["index.html"].decode()
    assert b"AISystemUsed>Firefly<" in after["a.png"]
    images = {name: data for name, data in after.items() if not name.endswith((".html", ".xml"))}
    kinds = {name: origin_of(data).source_type for name, data in images.items() if name[0] == "a"}
    assert {kind for name, kind in kinds.items() if name[:2] != "ai"} == {TRAINED_MEDIA}
    assert {kind for name, kind in kinds.items() if name[:2] == "ai"} == {COMPOSITE_TRAINED_MEDIA}
    assert b"/TrainedAlgorithmicMediaDigitalSource" in after["other.html"]
    assert b"CompositeWithTrainedAlgorithmicMediaDigitalSource" in after["third.html"]
    variants = [data for name, data in after.items() if name.startswith("c-")]
    assert variants
    assert all(b"digitalsourcetype/digitalCapture" in data for data in variants)
    build(tmp_path, settings)
    assert files(tmp_path) == after
    # What another page's front matter says of an image is known to all pages that show it.
    small_sites.write(tmp_path / "site", {"index.html": page("<p>Text</p>")})
    build(tmp_path, settings)
    assert b"/TrainedAlgorithmicMediaDigitalSource" not in files(tmp_path)["other.html"]


def test_unknown_type_in_the_settings_is_refused() -> None:
    with pytest.raises(SettingsError, match="did you mean trainedAlgorithmicMedia"):
        config.load({"digital_source_type": {"ai/*": "trainedAlgorithmicMedium"}}, "test")


def test_equal_heroes_are_one_file_named_by_words_or_key(tmp_path: Path) -> None:
    recipe = '["/{}"]\nseed = {}\nstyle = "topo"\nwidth = 320\nheight = 180\n{}\n'
    (tmp_path / "heroes.toml").write_text(
        recipe.format("a.html", 5, 'alt = "Über den Höhen, früh"')
        + recipe.format("b.html", 5, 'alt = "Other words"')
        + recipe.format("c.html", 6, 'alt = "Named elsewhere"')
        + recipe.format("d.html", 6, 'file_name = "ridge"\nalt = "D"')
        + recipe.format("e.html", 7, 'alt = "Other words"')
        + recipe.format("f.html", 8, 'alt = "Other words"')
        + recipe.format("g.html", 9, 'alt = ""'),
        "utf-8",
    )
    make(tmp_path, {f"{name}.html": page("<p>Text</p>") for name in "abcdefg"})
    build(tmp_path)
    after = files(tmp_path)
    published = sorted(name[14:] for name in after if name.startswith("assets/heroes/") and name.endswith(".jpg"))
    assert [re.sub(r"-[0-9a-f]{8}(?=\.)", "-HASH", name) for name in published] == [
        "g.jpg",
        "other-words-HASH.jpg",
        "other-words.jpg",
        "ridge.jpg",
        "ueber-den-hoehen-frueh.jpg",
    ]
    first, second = "ueber-den-hoehen-frueh", "ridge"
    for name, file in (("a", first), ("b", first), ("c", second), ("d", second)):
        assert f'src="assets/heroes/{file}.jpg"' in after[f"{name}.html"].decode()
    build(tmp_path)
    assert files(tmp_path) == after
    by_page = build(tmp_path, {"hero": {"file_names": "page"}})
    assert not by_page.failed
    assert 'src="assets/heroes/e.jpg"' in files(tmp_path)["e.html"].decode()


def test_fault_in_a_template_has_the_line_of_its_key(tmp_path: Path) -> None:
    small_sites.mkdocs_site(
        tmp_path,
        files={
            "docs/index.md": "---\ntitle: x\nhero:\n  seed: 7\n  alt: '{{ titel }}'\n---\n# Home\n",
            "docs/guide/README.md": "---\nhero: {seed: 7,\n  caption: '{{ nope }}'}\n---\n# Guide\n",
        },
    )
    project = detect_project(tmp_path, config=None, note=lambda _: None)
    providers = composition.providers(project.settings, tmp_path)
    read = composition.request_reader(project.settings, tmp_path, providers, base_url=None)
    found = {}
    for listed in project.pages(None).pages:
        with pytest.raises(RecipeError) as caught:
            read(listed)
        location = hero_fault_finding(listed, caught.value, tmp_path).location
        found[location.source] = location.source_line
    assert found == {"docs/index.md": 5, "docs/guide/README.md": 3}


def test_avif_without_place_for_a_mark_stays_recognised(tmp_path: Path) -> None:
    data = ai.raster("AVIF", exif=ai.exif({}, A1111), size=(200, 150))
    make(tmp_path, {"index.html": page('<p><img src="a.avif" alt="A"></p>'), "a.avif": data})
    build(tmp_path)
    after = files(tmp_path)
    assert leaks(tmp_path) == []
    assert len(after["a.avif"]) == len(data)
    variants = [content for name, content in after.items() if name.startswith("a-")]
    assert variants
    assert all(origin_of(content).declared for content in variants)
    build(tmp_path)
    assert files(tmp_path) == after
