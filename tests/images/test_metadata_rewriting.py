"""Published files lose prompts and gain the mark of generated images, and keep every pixel."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image

from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.encoding.metadata_rewriting import RewrittenFile, rewrite
from imageseo.images.metadata.ai_origin import read_file_origin
from imageseo.images.metadata.rights import read_writer, xmp_packet
from imageseo.images.metadata.segments import read_segments
from imageseo.model.hero import COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA
from imageseo.model.image import RECOMPRESSED, Asset, Rights
from tests.support import ai_pictures as ai

WORDS = tuple(ai.SECRET.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be"))


def check(data: bytes, **options: Any) -> RewrittenFile:
    """Rewrite a file: the same pixels, no prompt, the type is declared, and once more changes nothing."""
    new = rewrite(data, **options)
    assert new is not None
    for word in WORDS:
        assert word not in new.data
    with Image.open(io.BytesIO(data)) as one, Image.open(io.BytesIO(new.data)) as other:
        assert one.size == other.size
        assert one.convert("RGBA").tobytes() == other.convert("RGBA").tobytes()
    origin = read_file_origin(new.data)
    assert origin is not None
    assert (origin.declared, origin.prompts) == (True, ())
    assert rewrite(new.data, **options) is None
    return new


@pytest.mark.parametrize("form", ["tEXt", "zTXt", "iTXt", "iTXt+"])
@pytest.mark.parametrize("tool", ai.PNG_TEXTS)
def test_png_loses_all_texts_of_a_tool(tool: str, form: str) -> None:
    for late in (False, True):
        new = check(ai.png(ai.PNG_TEXTS[tool], form=form, late=late, dpi=(144, 144)))
        assert new.marked
        assert new.removed
        assert b"pHYs" in new.data


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
@pytest.mark.parametrize("tool", ai.USER_COMMENTS)
def test_exif_loses_the_prompt_and_keeps_the_orientation(tool: str, form: str) -> None:
    comment = b"UNICODE\0" + ai.USER_COMMENTS[tool].encode("utf-16-be")
    data = ai.raster(form, exif=ai.exif({0x0131: "x"}, comment, orientation=6))
    new = check(data)
    with Image.open(io.BytesIO(new.data)) as image:
        assert dict(image.getexif()) == {0x0112: 6}
    assert new.data.count(b"Exif\0\0") == (1 if form == "JPEG" else 0)


def test_avif_is_overwritten_in_place() -> None:
    comment = b"UNICODE\0" + ai.A1111.encode("utf-16-be")
    data = ai.raster(
        "AVIF",
        exif=ai.exif({}, comment),
        xmp=ai.xmp("<dc:creator><rdf:Seq><rdf:li>Ada</rdf:li></rdf:Seq></dc:creator>" + " " * 400),
    )
    new = check(data)
    assert len(new.data) == len(data)
    bare = rewrite(ai.raster("AVIF", exif=ai.exif({}, comment)))  # no place for a mark: the prompt goes all the same
    assert bare is not None
    assert (bare.marked, bare.removed) == (False, ("EXIF UserComment",))
    assert WORDS[2] not in bare.data


def test_xmp_and_other_texts_with_prompts_are_replaced_and_rights_kept() -> None:
    creator = "<dc:creator><rdf:Seq><rdf:li>Ada</rdf:li></rdf:Seq></dc:creator>"
    text = ai.PNG_TEXTS["midjourney"]["Description"]
    prompt = f"<dc:description><rdf:Alt><rdf:li>{text}</rdf:li></rdf:Alt></dc:description>"
    for form in ("JPEG", "WEBP"):
        new = check(ai.raster(form, xmp=ai.xmp(creator + prompt)))
        asset = probe_bytes(new.data, "a", max_pixels=10**6)
        assert isinstance(asset, Asset)
        assert (asset.rights.creator, asset.rights.digital_source_type) == ("Ada", TRAINED_MEDIA)
    check(ai.raster("JPEG", comment=ai.A1111.encode()))
    check(ai.raster("WEBP", exif=ai.exif({0x010F: "prompt:" + json.dumps(ai.GRAPH)})))


def test_other_properties_of_xmp_stay() -> None:
    title = "<dc:title><rdf:Alt><rdf:li>The harbour</rdf:li></rdf:Alt></dc:title>"
    title += "<xmp:CreatorTool>Adobe Firefly</xmp:CreatorTool>"
    new = check(ai.raster("JPEG", xmp=ai.xmp(title)))
    assert b"The harbour" in new.data
    assert new.removed == ()
    again = check(ai.raster("WEBP", xmp=ai.xmp(title)), original="ab" * 32)
    found = read_segments(lambda at, size: again.data[at : at + max(0, size)])
    assert found is not None
    assert read_writer(found.xmp) == RECOMPRESSED
    assert b"The harbour" in again.data


def test_author_and_copyright_stay_in_a_png() -> None:
    new = check(ai.png({**ai.PNG_TEXTS["midjourney"], "Copyright": "Ada 2026"}))
    assert b"Copyright\0Ada 2026" in new.data
    assert b"Author\0ada" in new.data


def test_manifest_is_left_alone_without_a_prompt_and_removed_with_one() -> None:
    signed = ai.png()
    signed = signed[:33] + ai.png_chunk(b"caBX", ai.manifest("trainedAlgorithmicMedia")) + signed[33:]
    assert rewrite(signed) is None
    leaking = ai.png(ai.PNG_TEXTS["comfyui"])
    leaking = leaking[:33] + ai.png_chunk(b"caBX", ai.manifest("trainedAlgorithmicMedia")) + leaking[33:]
    assert check(leaking).lost_manifest


def test_what_an_author_declares_is_written_into_a_file_that_tells_nothing() -> None:
    for data in (ai.png(), ai.raster("JPEG")):
        new = check(data, source_type=COMPOSITE_TRAINED_MEDIA)
        assert COMPOSITE_TRAINED_MEDIA.encode() in new.data


def test_ordinary_and_marked_files_are_left_alone() -> None:
    for data in (
        ai.png({"Software": "Matplotlib"}),
        ai.raster("JPEG", exif=ai.exif({0x010F: "Canon"})),
        ai.raster("WEBP", xmp=xmp_packet(Rights(digital_source_type=TRAINED_MEDIA))),
        b"GIF89a",
        b"",
    ):
        assert rewrite(data) is None


def test_long_and_bomb_texts_go_unread() -> None:
    for data in (
        ai.png({"parameters": b"\0" * 20_000_000}, form="zTXt"),
        ai.png({"parameters": "x" * 5_000_000}),
    ):
        new = rewrite(data)
        assert new is not None
        assert len(new.data) < 2_000
        assert not new.marked


def test_damaged_files_raise_nothing() -> None:
    for data in (
        ai.png(ai.PNG_TEXTS["comfyui"]),
        ai.raster("JPEG", exif=ai.exif({}, b"ASCII\0\0\0" + ai.A1111.encode())),
        ai.raster("WEBP", exif=ai.exif({}, b"ASCII\0\0\0" + ai.A1111.encode())),
    ):
        for cut in range(0, len(data), 41):
            rewrite(data[:cut])


def test_description_of_novelai_goes_without_a_comment_too() -> None:
    new = check(ai.png({"Software": "NovelAI", "Description": ai.SECRET, "Title": "AI generated image"}))
    assert new.removed == ("PNG text Description", "PNG text Software", "PNG text Title")


@pytest.mark.parametrize("late", [True, False])
def test_metadata_in_unusual_places_of_a_png(late: bool) -> None:
    comment = b"UNICODE\0" + ai.A1111.encode("utf-16-be")
    exif = ai.exif({}, comment, 6)
    digits = f"\nexif\n{len(exif):8}\n{exif.hex()}\n"
    packet = ai.xmp(f"<dc:description>{ai.PNG_TEXTS['midjourney']['Description']}</dc:description>")
    for data in (
        ai.png({"Raw profile type exif": digits}, form="zTXt", late=late),
        ai.png({"Raw profile type APP1": digits}, form="tEXt", late=late),
        ai.png({"Raw profile type xmp": f"\nxmp\n 99\n{packet.hex()}"}, form="zTXt", late=late),
        ai.png({"XML:com.adobe.xmp": packet}, form="iTXt", late=late),
        ai.png({"XML:com.adobe.xmp": packet}, form="iTXt+", late=late),
        ai.png(exif=exif.removeprefix(b"Exif\0\0")),
    ):
        asset = probe_bytes(data, "a.png", max_pixels=10**6)
        assert isinstance(asset, Asset)
        assert asset.rights.digital_source_type == TRAINED_MEDIA
        check(data)
