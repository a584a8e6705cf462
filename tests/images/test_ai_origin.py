"""Recognise pictures of generative tools by their metadata, and nothing else."""

from __future__ import annotations

import json

import pytest

from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.metadata.ai_origin import read_file_origin
from imageseo.images.metadata.rights import xmp_packet
from imageseo.model.hero import COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA
from imageseo.model.image import Asset, Rights
from tests.support import ai_pictures as ai


@pytest.mark.parametrize("tool", ai.PNG_TEXTS)
@pytest.mark.parametrize("form", ["tEXt", "zTXt", "iTXt", "iTXt+"])
def test_png_of_every_tool_is_recognised_in_every_kind_of_text_chunk(tool: str, form: str) -> None:
    for late in (False, True):
        origin = read_file_origin(ai.png(ai.PNG_TEXTS[tool], form=form, late=late))
        assert origin is not None
        assert origin.source_type == TRAINED_MEDIA
        assert origin.prompts
        assert not origin.declared
        assert origin.tool is not None


@pytest.mark.parametrize(
    ("tool", "name"),
    [
        ("a1111", "Stable Diffusion WebUI (A1111)"),
        ("comfyui", "ComfyUI"),
        ("invokeai", "InvokeAI"),
        ("invokeai 1", "InvokeAI"),
        ("invokeai 2", "InvokeAI"),
        ("novelai", "NovelAI"),
        ("fooocus", "Fooocus"),
        ("swarmui", "SwarmUI"),
        ("easy diffusion", "Easy Diffusion"),
        ("midjourney", "Midjourney"),
    ],
)
def test_tool_is_named(tool: str, name: str) -> None:
    origin = read_file_origin(ai.png(ai.PNG_TEXTS[tool]))
    assert origin is not None
    assert origin.tool == name


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("tool", ai.USER_COMMENTS)
def test_user_comment_is_recognised_in_every_character_code(tool: str, form: str) -> None:
    text = ai.USER_COMMENTS[tool]
    comments = [
        b"UNICODE\0" + text.encode("utf-16-be"),
        b"UNICODE\0" + text.encode("utf-16-le"),
        b"UNICODE\0" + text.encode(),
        b"ASCII\0\0\0" + text.encode(),
        b"\0" * 8 + text.encode(),
        text.encode(),
    ]
    for comment in comments:
        origin = read_file_origin(ai.raster(form, exif=ai.exif({}, comment)))
        assert origin is not None, comment[:20]
        assert origin.prompts == ("EXIF UserComment",)


def test_workflow_in_the_camera_tags_of_a_webp_is_recognised() -> None:
    data = ai.raster(
        "WEBP", exif=ai.exif({0x010F: f"prompt:{json.dumps(ai.GRAPH)}", 0x010E: f"Workflow: {json.dumps(ai.WORKFLOW)}"})
    )
    origin = read_file_origin(data)
    assert origin is not None
    assert origin.tool == "ComfyUI"
    assert set(origin.prompts) == {"EXIF Make", "EXIF ImageDescription"}


@pytest.mark.parametrize(
    ("fields", "tool"),
    [
        (
            "<exif:UserComment><rdf:Alt><rdf:li xml:lang='x-default'>"
            + json.dumps(ai.DRAW_THINGS).replace('"', "&quot;")
            + "</rdf:li></rdf:Alt></exif:UserComment><xmp:CreatorTool>Draw Things</xmp:CreatorTool>",
            "Draw Things",
        ),
        (
            "<dc:description><rdf:Alt><rdf:li>"
            + ai.PNG_TEXTS["midjourney"]["Description"]
            + "</rdf:li></rdf:Alt></dc:description>",
            "Midjourney",
        ),
        ("<photoshop:Credit>Made with Google AI</photoshop:Credit>", "Google AI"),
        ("<xmp:CreatorTool>Adobe Firefly 3</xmp:CreatorTool>", "Adobe Firefly"),
        ("<Iptc4xmpExt:AISystemUsed>Imagen 4</Iptc4xmpExt:AISystemUsed>", "Imagen 4"),
    ],
)
def test_xmp_of_a_tool_is_recognised(fields: str, tool: str) -> None:
    for data in (ai.raster("JPEG", xmp=ai.xmp(fields)), ai.raster("WEBP", xmp=ai.xmp(fields))):
        origin = read_file_origin(data)
        assert origin is not None
        assert (origin.tool, origin.source_type) == (tool, TRAINED_MEDIA)


def test_manifest_and_xmp_that_declare_the_type_count() -> None:
    signed = ai.png()
    signed = signed[:33] + ai.png_chunk(b"caBX", ai.manifest("trainedAlgorithmicMedia")) + signed[33:]
    mixed = ai.png()
    mixed = (
        mixed[:33] + ai.png_chunk(b"caBX", ai.manifest("compositeWithTrainedAlgorithmicMedia", "Adobe")) + mixed[33:]
    )
    declared = ai.raster("WEBP", xmp=xmp_packet(Rights(digital_source_type=TRAINED_MEDIA)))
    one, two, three = map(read_file_origin, (signed, mixed, declared))
    assert one is not None
    assert two is not None
    assert three is not None
    assert (one.tool, one.source_type, one.c2pa, one.declared) == ("OpenAI", TRAINED_MEDIA, True, False)
    assert two.source_type == COMPOSITE_TRAINED_MEDIA
    assert (three.declared, three.prompts) == (True, ())


def test_unreadable_graphs_still_count() -> None:
    for text in (
        '{"1":{"is_changed":[NaN]}}',
        '{"3": {"inputs": {"seed": None,',
        b'{"3": {"class_type": "KSampler", "x": "\xff\xfe\x80"}',
        "[unparsable",
    ):
        origin = read_file_origin(ai.png({"prompt": text}))
        assert origin is not None, text
        assert origin.source_type == TRAINED_MEDIA


def test_texts_of_megabytes_and_bombs_are_read_up_to_a_limit() -> None:
    huge = ai.png({"workflow": json.dumps(ai.WORKFLOW) + " " * 5_000_000})
    bomb = ai.png({"parameters": b"\0" * 20_000_000}, form="zTXt")
    hidden = ai.png({"parameters": "x" * 3_000_000 + ai.A1111}, form="iTXt+")
    broken = ai.png()
    broken = broken[:33] + ai.png_chunk(b"zTXt", b"parameters\0\0not deflated") + broken[33:]
    found = [read_file_origin(data) for data in (huge, bomb, hidden, broken)]
    assert [origin is not None for origin in found] == [True, True, True, True]
    assert [origin.source_type for origin in found if origin] == [TRAINED_MEDIA, None, None, None]
    assert isinstance(probe_bytes(bomb, "bomb.png", max_pixels=10**6), Asset)


@pytest.mark.parametrize(
    "data",
    [
        ai.png(),
        ai.png({"Software": "Matplotlib version3.10.1, https://matplotlib.org/"}),
        ai.png({"Software": "gnome-screenshot", "Creation Time": "Mon 30 Nov 2026"}),
        ai.png({"Comment": "Created with GIMP"}),
        ai.png({"mxfile": "%3Cmxfile%20host%3D%22app.diagrams.net%22%3E"}),
        ai.png({"Description": "Steps to the seed vault, Svalbard: a long climb", "Author": "Ada"}),
        ai.png({"workflow": "reviewed by two editors"}),
        ai.png({"parameters": "ISO 100, f/8"}),
        ai.png({"date:create": "2026-01-01T00:00:00+00:00", "Title": "AI and us: a portrait of a lab"}),
        ai.png({"Raw profile type exif": "\nexif\n      40\n45786966"}, form="zTXt"),
        ai.png({"Comment": '{"seed": "maize", "steps": ["sow", "water"]}'}),
    ],
)
def test_ordinary_text_is_no_sign(data: bytes) -> None:
    assert read_file_origin(data) is None


def test_ordinary_exif_and_xmp_are_no_sign() -> None:
    camera = ai.exif(
        {
            0x010F: "Canon",
            0x0110: "Canon EOS R5",
            0x0131: "Adobe Lightroom 8.1",
            0x013B: "Ada",
            0x010E: "Seeds: 5, steps",
        },
        b"ASCII\0\0\0Charset=Ascii",
    )
    lightroom = ai.xmp(
        "<xmp:CreatorTool>Adobe Photoshop Lightroom Classic 13.1</xmp:CreatorTool>"
        "<photoshop:Credit>Ada</photoshop:Credit>"
        "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
        "</Iptc4xmpExt:DigitalSourceType>"
    )
    signed = ai.png()
    signed = signed[:33] + ai.png_chunk(b"caBX", ai.manifest("digitalCapture", "Leica")) + signed[33:]
    for data in (ai.raster("JPEG", exif=camera, xmp=lightroom), ai.raster("WEBP", exif=camera, xmp=lightroom), signed):
        assert read_file_origin(data) is None


def test_damaged_files_tell_nothing_and_raise_nothing() -> None:
    samples = [
        ai.png(ai.PNG_TEXTS["novelai"]),
        ai.raster("JPEG", exif=ai.exif({0x010E: "x" * 50}, b"ASCII\0\0\0" + ai.A1111.encode()), comment=b"hello"),
        ai.raster("WEBP", exif=ai.exif({}, b"UNICODE\0" + ai.A1111.encode("utf-16-be"))),
        ai.raster("AVIF", exif=ai.exif({}, b"UNICODE\0" + ai.A1111.encode("utf-16-be"))),
    ]
    for data in samples:
        for cut in range(0, len(data), 37):
            read_file_origin(data[:cut])
        for at in range(20, min(len(data), 900), 3):
            read_file_origin(data[:at] + b"\xff" + data[at + 1 :])


def test_probe_keeps_the_origin_and_the_type_with_the_image() -> None:
    asset = probe_bytes(ai.png(ai.PNG_TEXTS["comfyui"]), "a.png", max_pixels=10**6)
    assert isinstance(asset, Asset)
    assert asset.rights.digital_source_type == TRAINED_MEDIA
    assert asset.origin is not None
    assert asset.origin.prompts == ("PNG text prompt", "PNG text workflow")
