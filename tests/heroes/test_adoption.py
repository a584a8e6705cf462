"""`generate --adopt` pins a picture from a file, with its lineage, and nothing replaces it by accident."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from imageseo.cli.commands import adopt as command
from imageseo.cli.commands import generate as generate_command
from imageseo.cli.commands.generate_report import GenerateReport
from imageseo.heroes.generate.adoption import adopted_master
from imageseo.heroes.lock import lock as locks
from imageseo.images.encoding.metadata_rewriting import rewrite
from imageseo.images.metadata.ai_origin import read_file_origin
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import Project, detect_project
from imageseo.model.errors import SiteError
from imageseo.model.hero import ALGORITHMIC_MEDIA, TRAINED_MEDIA, Pin
from tests.support import ai_pictures as ai
from tests.support import small_sites

PAGE = "docs/index.md"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    hero = "---\nhero:\n  style: topo\n  seed: 7\n  width: 320\n  height: 180\n  alt: Lines\n---\n# Home\n"
    small_sites.mkdocs_site(tmp_path, files={"docs/index.md": hero, "docs/plain.md": "# Plain\n"})
    return detect_project(tmp_path, config=None, note=lambda _: None)


def adopt(
    project: Project, data: bytes, name: str = "new.png", *, page: str = PAGE, source_type: str | None = None
) -> Pin:
    file = project.folder / name
    file.write_bytes(data)
    report = command.adopt(project, file, page, root=None, source_type=source_type, progress=Quiet())
    assert [made.reason for made in report.result.made] == ["adopted"]
    pin = locks.read(project.folder / locks.NAME).of_page(PAGE)
    assert pin is not None
    return pin


def generate(project: Project, *names: str) -> GenerateReport:
    return generate_command.generate(project, names=names, root=None, progress=Quiet())


def master(project: Project, pin: Pin) -> bytes:
    return (project.folder / pin.file).read_bytes()


@pytest.mark.parametrize(
    ("data", "tool"),
    [
        (ai.png(ai.PNG_TEXTS["a1111"]), "Stable Diffusion WebUI (A1111)"),
        (ai.png(ai.PNG_TEXTS["comfyui"], form="iTXt+"), "ComfyUI"),
        (
            ai.raster("JPEG", exif=ai.exif({}, b"UNICODE\0" + ai.A1111.encode("utf-16-be"), 6)),
            "Stable Diffusion WebUI (A1111)",
        ),
        (ai.png({"Software": "NovelAI", "Comment": json.dumps(ai.NOVELAI)}), "NovelAI"),
    ],
)
def test_generated_picture_brings_its_parameters_and_type(project: Project, data: bytes, tool: str) -> None:
    pin = adopt(project, data, "new.img")
    lineage = pin.env["adopted"]
    assert (pin.digital_source_type, lineage["tool"], lineage["file"]) == (TRAINED_MEDIA, tool, "new.img")
    assert ai.SECRET in lineage["parameters"]
    assert lineage["sha256"].startswith("sha256:")
    assert "parent" not in lineage
    with Image.open(io.BytesIO(data)) as one, Image.open(io.BytesIO(master(project, pin))) as other:
        turned = one.transpose(Image.Transpose.ROTATE_270) if one.getexif().get(0x0112) == 6 else one
        assert turned.convert("RGB").tobytes() == other.tobytes()
    assert (ai.SECRET.encode() in master(project, pin)) == (tool == "Stable Diffusion WebUI (A1111)")


def test_retouched_picture_keeps_the_type_of_its_parent(project: Project) -> None:
    assert generate(project).result.made
    parent = locks.read(project.folder / locks.NAME).of_page(PAGE)
    assert parent is not None
    with Image.open(project.folder / parent.file) as image:
        out = io.BytesIO()
        image.convert("RGB").filter(ImageFilter.UnsharpMask()).save(out, "JPEG", quality=90)
    pin = adopt(project, out.getvalue(), "retouched.jpg")
    lineage = pin.env["adopted"]
    assert (lineage["relation"], pin.digital_source_type) == ("retouched", ALGORITHMIC_MEDIA)
    assert lineage["parent"] == {"file": parent.file, "sha256": parent.file_sha256, "pixels": parent.pixels_sha256}
    assert pin.recipe == parent.recipe


def test_foreign_picture_says_nothing_of_its_type_unless_it_is_named(project: Project) -> None:
    generate(project)
    pin = adopt(project, ai.png())
    assert (pin.env["adopted"]["relation"], pin.digital_source_type) == ("replaced", "")
    named = adopt(project, ai.png(), source_type="compositeWithTrainedAlgorithmicMedia")
    assert named.digital_source_type.endswith("/compositeWithTrainedAlgorithmicMedia")
    with pytest.raises(SiteError, match="source-type") as caught:
        adopt(project, ai.png(), source_type="trainedAlgorithmMedia")
    assert "did you mean trainedAlgorithmicMedia?" in caught.value.hint


def test_who_adopted_it_comes_from_git_or_the_environment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for values, name in (({"GIT_AUTHOR_NAME": "Ada L."}, "Ada L."), ({"USER": "ada"}, "ada")):
        for key in ("GIT_AUTHOR_NAME", "USER", "USERNAME"):
            monkeypatch.delenv(key, raising=False)
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
        monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
        for key, value in values.items():
            monkeypatch.setenv(key, value)
        assert adopt(project, ai.png()).env["adopted"]["by"] == name


def test_adopted_image_is_kept_built_and_not_verified(project: Project) -> None:
    pin = adopt(project, ai.png(ai.PNG_TEXTS["a1111"], size=(640, 360)))
    before = (project.folder / locks.NAME).read_bytes()
    report = generate(project)
    assert (report.result.made, report.result.kept, report.failed) == ((), (PAGE,), False)
    assert (project.folder / locks.NAME).read_bytes() == before
    verified = generate_command.verify(project, names=(), root=None, progress=Quiet())
    assert [(each.verdict, each.reason.split(" by ")[0]) for each in verified.heroes] == [
        ("skipped", "adopted from new.png")
    ]
    assert small_sites.run("mkdocs", "build", "--strict", cwd=project.folder).returncode == 0
    html = (project.folder / "site/index.html").read_text("utf-8")
    assert "AI GENERATED" in html
    published = (project.folder / "site/assets/heroes/lines.jpg").read_bytes()
    assert b"trainedAlgorithmicMedia" in published
    assert ai.SECRET.encode() not in b"".join(
        p.read_bytes() for p in (project.folder / "site").rglob("*") if p.is_file()
    )

    # A lost adopted image is an error: its recipe would make another one.
    (project.folder / pin.file).unlink()
    lost = generate(project)
    assert lost.failed
    assert "it was adopted from a file" in lost.faults[0][1].hint
    assert [made.reason for made in generate(project, PAGE).result.made] == ["gone"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"not an image", "is not an image"),
        (ai.png()[:60], "cannot be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>", "an SVG, not a still image"),
    ],
)
def test_file_that_is_no_picture_is_refused_and_changes_nothing(project: Project, data: bytes, said: str) -> None:
    with pytest.raises(SiteError, match=said):
        adopt(project, data)
    assert not (project.folder / locks.NAME).exists()


def test_bad_metadata_is_no_obstacle(project: Project) -> None:
    texts: Mapping[str, str | bytes] = {
        "prompt": b'{"3": {"class_type": "\xff\xfe\0\x1b", "x": NaN}}',
        "workflow": "{" * 5_000_000,
    }
    lineage = adopt(project, ai.png(texts)).env["adopted"]
    assert lineage["tool"] == "ComfyUI"
    assert len(lineage["parameters"]) < 20_000
    adopt(project, ai.png({"parameters": b"\0" * 20_000_000}, form="zTXt"))


def test_page_without_recipe_and_missing_files_are_refused(project: Project) -> None:
    with pytest.raises(SiteError, match="requests no hero that is made from a recipe"):
        adopt(project, ai.png(), page="docs/plain.md")
    with pytest.raises(SiteError, match="no such page"):
        adopt(project, ai.png(), page="docs/nope.md")
    with pytest.raises(SiteError, match="cannot be read"):
        command.adopt(project, project.folder / "no.png", PAGE, root=None, source_type=None, progress=Quiet())


def test_equal_files_give_equal_pins() -> None:
    one, two = (adopted_master(ai.png(ai.PNG_TEXTS["a1111"]), "a.png", parent=None, who="Ada") for _ in range(2))
    assert one == two


def test_command_line_takes_the_file_and_the_page(project: Project) -> None:
    (project.folder / "new.png").write_bytes(ai.png())
    done = small_sites.run("imageseo", "generate", "--adopt", "new.png", "--page", PAGE, cwd=project.folder)
    assert done.returncode == 0, done.stderr
    assert "adopted from a file" in done.stdout
    assert "name it with --source-type" in done.stdout
    assert done.stdout.endswith("generate: 1 adopted\n")
    for wrong in (
        ["--adopt", "new.png"],
        ["--page", PAGE],
        ["--adopt", "new.png", "--page", PAGE, "--frozen"],
        ["--source-type", "x"],
    ):
        assert small_sites.run("imageseo", "generate", *wrong, cwd=project.folder).returncode == 2


def test_masters_carry_their_type_and_a_copy_of_one_is_recognised(project: Project) -> None:
    generate(project)
    drawn = locks.read(project.folder / locks.NAME).of_page(PAGE)
    assert drawn is not None
    first = master(project, drawn)
    assert first.count(ALGORITHMIC_MEDIA.encode()) == 1
    assert read_file_origin(first) is None, "art from a formula is no model's"
    (project.folder / locks.NAME).unlink()
    generate(project)
    assert master(project, drawn) == first
    pin = adopt(project, ai.png(ai.PNG_TEXTS["a1111"]))
    origin = read_file_origin(master(project, pin))
    assert origin is not None
    assert (origin.declared, origin.prompts) == (True, ("PNG text parameters",))
    cleaned = rewrite(master(project, pin))
    assert cleaned is not None
    assert ai.SECRET.encode() not in cleaned.data
    assert TRAINED_MEDIA.encode() in cleaned.data


def test_pins_of_former_versions_stay_valid(project: Project) -> None:
    """Masters without XMP, and pins without lineage."""
    generate(project)
    pin = locks.read(project.folder / locks.NAME).of_page(PAGE)
    assert pin is not None
    bare = io.BytesIO()
    with Image.open(io.BytesIO(master(project, pin))) as image:
        Image.frombytes(image.mode, image.size, image.tobytes()).save(bare, "PNG")
    digest = hashlib.sha256(bare.getvalue()).hexdigest()
    (project.folder / pin.file).write_bytes(bare.getvalue())
    locks.write(project.folder / locks.NAME, locks.Lock((replace(pin, file_sha256=f"sha256:{digest}", env={}),)))
    before = (project.folder / locks.NAME).read_bytes()
    assert generate(project).result.kept == (PAGE,)
    assert [
        each.verdict for each in generate_command.verify(project, names=(), root=None, progress=Quiet()).heroes
    ] == ["identical"]
    assert (project.folder / locks.NAME).read_bytes() == before
    assert master(project, pin) == bare.getvalue()
