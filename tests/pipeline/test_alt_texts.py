"""Drafts of alternative texts: what is proposed, reviewed in one file, and published only when a person approves."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from imageseo import config
from imageseo.cli.commands.alt.draft import draft
from imageseo.integrations.project import detect_project
from imageseo.model.errors import AltDraftsError, SettingsError
from imageseo.pipeline.alt_texts import proposals
from imageseo.pipeline.alt_texts.drafts_file import DraftsFile
from tests.pipeline.test_build import build
from tests.support import pictures, small_sites
from tests.support.extras import needs_packages

PAGE = """<!doctype html><html lang="de"><head><meta charset="utf-8"><title>T</title></head><body>
<header><img src="logo.png"></header><main><article><h1>Der Hafen</h1><p>Boote kommen um sechs.</p>{body}
<p>Danach gibt es Tee.</p></article></main></body></html>"""
BODY = """<h2>Die Mole</h2><p>Von <img src="a.jpg"> sieht man weit.</p><h2>Der "alte" Turm</h2>
<figure><img src="b.jpg"><figcaption>Der Turm</figcaption></figure><p><img src="c.jpg" alt="Mein Text">
<img src="c.jpg" alt=""><img src="d.png" role="presentation"></p>"""


def create_site(folder: Path, body: str = BODY) -> Path:
    flat = pictures.save(pictures.flat("teal"), "PNG")
    files = {f"site/{name}.jpg": small_sites.photo(400, 300) for name in "abc"}
    small_sites.write(folder, {**files, "site/logo.png": flat, "site/d.png": flat})
    (folder / "site/index.html").write_text(PAGE.format(body=body), "utf-8")
    return folder


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str = "") -> tuple[str, list[dict[str, Any]]]:
    """Run the command; return its line, and the entries of the file."""
    (folder / "imageseo.toml").write_text(text)
    monkeypatch.chdir(folder)
    summary = draft(detect_project(folder, config=None, note=print), folder / "site").summary
    file = folder / "alt-drafts.toml"
    return summary, tomllib.loads(file.read_text("utf-8"))["image"] if file.exists() else []


def images_of(folder: Path) -> list[str]:
    return re.findall(r"<img[^>]*>", (folder / "site/index.html").read_text("utf-8"))


def test_drafts_are_reviewed_in_one_file_and_published_when_approved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_site(tmp_path)
    before = (tmp_path / "site/index.html").read_bytes()
    summary, entries = run(tmp_path, monkeypatch)
    assert summary == "alt-drafts.toml: 3 new drafts, 3 to review, 0 approved"
    assert (tmp_path / "site/index.html").read_bytes() == before
    found = {each["image"]: each for each in entries}
    assert {name: (each["page"], each["alt"], each["status"]) for name, each in found.items()} == {
        "logo.png": ("*", "", "needs-review"),
        "a.jpg": ("index.html", "Die Mole", "needs-review"),
        "b.jpg": ("index.html", 'Der "alte" Turm', "needs-review"),
    }
    assert (found["a.jpg"]["before"], found["a.jpg"]["after"]) == ("Von", "sieht man weit.")
    assert (found["b.jpg"]["caption"], found["b.jpg"]["language"]) == ("Der Turm", "de")
    options = {"formats": ["webp"], "widths": [200]}
    build(tmp_path, options)
    assert [tag for tag in images_of(tmp_path) if re.search(r' alt="(?!Mein Text|")', tag)] == [], (
        "a draft is on no page"
    )

    file = tmp_path / "alt-drafts.toml"
    approved = "# gut so\nalt = 'Blick & <Meer>'\nstatus = \"approved\""
    text = file.read_text("utf-8").replace('alt = "Die Mole"\nstatus = "needs-review"', approved)
    text = text.replace('page = "*"', 'page = "*"\nnote = "Ada fragen"', 1)
    file.write_text(re.sub(r'(image = "logo.png"[^\[]*status = )"needs-review"', r'\1"decorative"', text), "utf-8")
    build(tmp_path, options)
    tags = {re.search(r'src="?([\w.]+)', tag)[1]: tag for tag in images_of(tmp_path)}  # type: ignore[index]
    assert 'alt="Blick &amp; &lt;Meer&gt;"' in tags["a.jpg"]
    assert 'alt=""' in tags["logo.png"]
    assert " alt=" not in tags["b.jpg"]
    assert [tag for tag in images_of(tmp_path) if 'alt="Mein Text"' in tag], "the author's text stays"
    assert build(tmp_path, options).changed == ()

    kept = file.read_text("utf-8")
    summary, _ = run(tmp_path, monkeypatch)
    assert summary == "alt-drafts.toml: 0 new drafts, 1 to review, 2 approved"
    assert file.read_text("utf-8") == kept, "a run without news writes nothing"
    create_site(tmp_path, BODY.replace('src="a.jpg"', 'src="c.jpg"'))
    summary, entries = run(tmp_path, monkeypatch)
    assert "1 new draft, 2 to review, 1 approved, 1 whose image is gone" in summary
    assert [each["image"] for each in entries if each.get("gone")] == ["a.jpg"]
    assert "# gut so\nalt = 'Blick & <Meer>'" in file.read_text("utf-8"), "what a person wrote stays"
    assert 'note = "Ada fragen"' in file.read_text("utf-8")
    create_site(tmp_path)
    _, entries = run(tmp_path, monkeypatch)
    assert [each["image"] for each in entries if each.get("gone")] == ["c.jpg"]
    file.unlink()
    build(tmp_path, options)
    assert "Blick" not in "".join(images_of(tmp_path)), "without its approval a text is taken out again"


def test_hero_gets_the_subject_of_its_prompt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_site(tmp_path, "<p>Words</p>")
    (tmp_path / "heroes.toml").write_text(
        '["/"]\nprovider = "diffusers"\nmodel = "m"\nseed = 1\n'
        'prompt = "a photo of a brass lighthouse, fog, highly detailed, 8k"\n'
    )
    _, entries = run(tmp_path, monkeypatch)
    (hero,) = [each for each in entries if each["image"] == "hero"]
    assert (hero["alt"], hero["from"], hero["status"]) == ("A brass lighthouse, fog", "prompt", "needs-review")
    (tmp_path / "heroes.toml").write_text('["/"]\nsrc = "a.jpg"\n')
    file = tmp_path / "alt-drafts.toml"
    draft_text, approved = (
        'alt = "A brass lighthouse, fog"\nstatus = "needs-review"',
        'alt = "Lamp"\nstatus = "approved"',
    )
    file.write_text(file.read_text().replace(draft_text, approved))
    build(tmp_path, {"formats": ["webp"], "widths": [200]})
    assert 'alt="Lamp"' in "".join(images_of(tmp_path))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[[image]]\npage = 'a'\nimage = 'b'\nalt = \"x\ny\"\n", (":4:", "TOML")),
        ("[[image]]\npage = 'a'\nimage = 3\n", (":1:", "`image`", "3")),
        ("\n[[image]]\npage = 'a'\nimage = 'b'\nstatus = 'ok'\n", (":2:", "'ok'", "approved")),
        ("[[image]]\npage = 'a'\nimage = 'b'\nstatus = 'approved'\n", (":1:", "without a text")),
        ("[[image]]\npage='a'\nimage='b'\n[[image]]\npage='a'\nimage='b'\n", (":4:", "second")),
        ("image = 3\n", ("[[image]]",)),
        ("[other]\nx = 1\n", ("other", "[[image]]")),
    ],
)
def test_damaged_file_is_an_error_with_its_line_and_stays(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    file = tmp_path / "alt-drafts.toml"
    file.write_text(text)
    create_site(tmp_path)
    before = images_of(tmp_path)
    with pytest.raises(AltDraftsError) as caught:
        build(tmp_path)
    assert all(part in caught.value.message for part in ("alt-drafts.toml", *parts)), caught.value.message
    assert file.read_text() == text
    assert images_of(tmp_path) == before


def test_file_outside_of_the_project_is_refused() -> None:
    for path in ("../drafts.toml", "/tmp/drafts.toml", "C:/drafts.toml"):
        with pytest.raises(SettingsError, match=r"alt\.file: found .* expected a file inside the project"):
            config.load({"alt": {"file": path}}, "test")


def test_entries_in_another_notation_are_read_and_only_extended(tmp_path: Path) -> None:
    file = tmp_path / "alt-drafts.toml"
    file.write_text("image = [{page = 'x.html', image = 'x.jpg', alt = 'X', status = 'Approved'}]\n")
    read = DraftsFile.read(file)
    assert read.drafts[0].approved == "X"
    assert read.updated([]).text.startswith("image = [{page")


@pytest.mark.parametrize(
    ("prompt", "alt"),
    [
        ("a brass lighthouse in heavy fog, cinematic lighting, 35mm, f/1.8, bokeh", "A brass lighthouse in heavy fog"),
        ("masterpiece, best quality, (red fox:1.3) in snow, <lora:fur:0.8>, by Greg Rutkowski", "Red fox in snow"),
        ("An illustration of two paper boats, in the style of Hokusai", "Two paper boats"),
        ("photorealistic, 8k, ultra detailed", ""),
        ("A map of rivers --ar 16:9 --v 6", "A map of rivers"),
        ("a beautiful harbour; boats; highly detailed", "A harbour, boats"),
    ],
)
def test_prompt_is_reduced_to_its_subject(prompt: str, alt: str) -> None:
    assert proposals.from_prompt(prompt) == alt


def test_drafts_have_at_most_125_characters() -> None:
    for text in ("word " * 60, "w" * 300, "Über " * 40):
        assert 0 < len(proposals.from_prompt(text)) <= 125
        assert 0 < len(proposals.from_heading(text)) <= 125


@pytest.mark.slow
@pytest.mark.models
@needs_packages("torch", "transformers", "safetensors")
def test_captioner_of_a_local_folder_fills_drafts_in_its_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.tiny_captioner import create_captioner

    create_captioner(tmp_path / "models/blip")
    create_site(tmp_path)
    settings = '[alt]\ncaptioner = "models/blip"\ncaptioner_language = "{}"\n'
    _, entries = run(tmp_path, monkeypatch, settings.format("de"))
    first = {each["image"]: (each["alt"], each.get("from")) for each in entries}
    assert first["a.jpg"][1] == "captioner"
    assert 0 < len(first["a.jpg"][0]) <= 125
    (tmp_path / "alt-drafts.toml").unlink()
    _, entries = run(tmp_path, monkeypatch, settings.format("de"))
    assert {each["image"]: (each["alt"], each.get("from")) for each in entries} == first, "the same each time"
    (tmp_path / "alt-drafts.toml").unlink()
    _, entries = run(tmp_path, monkeypatch, settings.format("en"))
    assert {each["image"]: each.get("from") for each in entries}["a.jpg"] == "heading", "the page is German"
    for broken in ("models/none", "models"):
        (tmp_path / "alt-drafts.toml").unlink(missing_ok=True)
        with pytest.raises(AltDraftsError, match="captioner"):
            run(tmp_path, monkeypatch, settings.replace("models/blip", broken).format("de"))
