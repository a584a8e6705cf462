"""Rules about provenance metadata in files: size, presence in variants, consistency, validity."""

from __future__ import annotations

import importlib.util
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from imageseo.images.metadata.rights import xmp_packet
from imageseo.images.metadata.segments import EmbeddedMetadata, read_segments
from imageseo.lint.facts.c2pa import ContentCredentials
from imageseo.lint.facts.file_metadata import SiteFileMetadata
from imageseo.model.finding import Severity
from imageseo.model.hero import TRAINED_MEDIA
from imageseo.model.image import Rights
from imageseo.web.ai_labels import _LABELS, label
from imageseo.web.structured_data.digital_source_type import declares_ai
from tests.lint.test_rules_site import BASE, lint_site
from tests.support import pictures
from tests.support.ai_pictures import manifest as credentials
from tests.support.small_sites import write

FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "avif": "AVIF"}
CAPTURE = TRAINED_MEDIA.replace("trainedAlgorithmicMedia", "digitalCapture")
AI = xmp_packet(Rights(digital_source_type=TRAINED_MEDIA))
SHOT = xmp_packet(Rights(digital_source_type=CAPTURE))


def exif() -> bytes:
    data = Image.Exif()
    data[0x010E] = "A harbour " * 100
    return data.tobytes()


def picture(suffix: str, *, xmp: bytes = b"", icc: bytes = b"", with_exif: bool = False, size: int = 320) -> bytes:
    """Return an image file with metadata as Pillow writes it."""
    stream = io.BytesIO()
    options: dict[str, Any] = {"exif": exif()} if with_exif else {}
    if icc:
        options["icc_profile"] = icc
    if xmp and suffix == "png":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp.decode())
    elif xmp:
        options["xmp"] = xmp
    pictures.photo(size, size * 9 // 16).convert("RGB").save(stream, FORMATS[suffix], **options)
    return stream.getvalue()


def read_metadata(data: bytes) -> tuple[EmbeddedMetadata | None, int]:
    """Return the metadata of a file, and how many bytes were read for it."""
    total = 0

    def read(offset: int, size: int) -> bytes:
        nonlocal total
        part = data[offset : offset + max(0, size)]
        total += len(part)
        return part

    return read_segments(read), total


@pytest.mark.parametrize("suffix", FORMATS)
def test_metadata_bytes_are_counted_exactly(suffix: str) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    bare, _ = read_metadata(picture(suffix))
    assert bare is not None
    assert bare.parts == ()
    data = picture(suffix, xmp=AI, icc=srgb, with_exif=True)
    found, total = read_metadata(data)
    assert found is not None
    assert found.xmp == AI
    assert found.icc == srgb[:1024]
    assert set(found.counts) == {"exif", "xmp", "icc"}
    # A profile is compressed in a PNG; everything else is stored unchanged, with a header around it.
    for kind, size in (("exif", len(exif())), ("xmp", len(AI)), ("icc", len(srgb))):
        if (suffix, kind) == ("png", "icc"):
            assert 0 < found.counts[kind] < size
        else:
            assert size <= found.counts[kind] + 6 <= size + 80
    assert sum(found.counts.values()) <= len(data) - len(picture(suffix)) + 80
    assert total < 12_000 + sum(found.counts.values())


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
@pytest.mark.parametrize("suffix", FORMATS)
def test_result_matches_exiftool(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"a.{suffix}"
    file.write_bytes(picture(suffix, xmp=AI, with_exif=True))
    done = subprocess.run(["exiftool", "-j", "-n", str(file)], capture_output=True, text=True, check=True)
    by_exiftool = json.loads(done.stdout)[0]
    found = SiteFileMetadata(tmp_path).of(file.name)
    assert found is not None
    assert found.digital_source_type == by_exiftool["DigitalSourceType"] == TRAINED_MEDIA
    assert found.count("exif") > 1000
    assert by_exiftool["ImageDescription"].startswith("A harbour")


@pytest.mark.slow
def test_large_file_is_read_at_its_head_only(tmp_path: Path) -> None:
    for suffix in FORMATS:
        data = picture(suffix, xmp=AI, size=1200)
        _, total = read_metadata(data)
        assert total < 16_384
        assert suffix == "avif" or len(data) > 4 * total


@given(st.sampled_from(sorted(FORMATS)), st.integers(0, 4000), st.binary(min_size=1, max_size=8), st.integers(0, 4000))
@settings(max_examples=150, deadline=None)
def test_damaged_file_is_read_as_far_as_possible(suffix: str, at: int, noise: bytes, cut: int) -> None:
    data = bytearray(DAMAGED[suffix])
    data[at : at + len(noise)] = noise
    found, total = read_metadata(bytes(data[: len(data) - cut]))
    assert found is None or sum(part.size for part in found.parts) >= 0
    assert total < 40 * len(data) + 4096 * 40


DAMAGED = {suffix: picture(suffix, xmp=AI, with_exif=True, size=64) for suffix in FORMATS}


def test_missing_or_unknown_files_have_no_metadata(tmp_path: Path) -> None:
    write(tmp_path, {"a.jpg": b"", "b.jpg": b"\xff\xd8\xff", "c.svg": "<svg/>", "d/e.jpg": b"x"})
    marks = SiteFileMetadata(tmp_path)
    assert [marks.of(name) for name in ("a.jpg", "c.svg", "d", "gone.jpg", "a\0.jpg")] == [None] * 5
    assert marks.of("b.jpg") is not None


# Rules

PICTURE = """<!doctype html><title>t</title><article><picture>
<source type="image/avif" srcset="a.avif 320w, b.avif 640w"><img src="a.jpg" alt="A harbour"></picture></article>"""


def site(root: Path, html: str = PICTURE, **xmp: bytes) -> Path:
    """Write a page with an image of three files, whose XMP is given by their names (``a_jpg``)."""
    names = ("a.avif", "b.avif", "a.jpg")
    files = {name: picture(name[2:], xmp=xmp.get(name.replace(".", "_"), b"")) for name in names}
    return write(root, {"index.html": html, **files})


def messages_of(root: Path, *rules: str) -> list[tuple[str, str]]:
    return [(found.rule, found.message) for found in lint_site(root, *rules)]


ALL = ("prov-dst", "prov-stripped", "prov-consistent", "c2pa-bloat")


@pytest.mark.slow
def test_every_file_of_an_ai_image_must_declare_it(tmp_path: Path) -> None:
    assert messages_of(site(tmp_path, a_avif=AI, b_avif=AI, a_jpg=AI), *ALL) == []
    assert messages_of(site(tmp_path), *ALL) == []
    message = "belongs to an AI-generated image, but its XMP does not declare it"
    assert messages_of(site(tmp_path, a_jpg=AI), *ALL) == [("prov-dst", f"a.avif (and 1 more of 3 files) {message}")]
    assert messages_of(site(tmp_path, a_avif=AI, b_avif=AI), *ALL) == [("prov-dst", f"a.jpg {message}")]


@pytest.mark.slow
def test_contradicting_source_types_are_reported(tmp_path: Path) -> None:
    found = messages_of(site(tmp_path, a_jpg=AI, a_avif=SHOT, b_avif=AI), "prov-consistent")
    assert found == [
        (
            "prov-consistent",
            "a.jpg is TrainedAlgorithmicMedia by its XMP, but a.avif of the same image is DigitalCapture",
        )
    ]
    node = f'"@type": "ImageObject", "contentUrl": "{BASE}a.jpg", "digitalSourceType": "https://schema.org/'
    linked = f'<script type="application/ld+json">{{"@context": "https://schema.org", {node}%s"}}</script>'
    html = PICTURE + linked
    xmp = dict.fromkeys(("a_jpg", "a_avif", "b_avif"), SHOT)
    assert messages_of(site(tmp_path, html % "DigitalCaptureDigitalSource", **xmp), *ALL) == []
    assert messages_of(site(tmp_path, html % "DigitalArtDigitalSource", **xmp), *ALL) == [
        ("prov-consistent", "a.jpg is DigitalArt by JSON-LD, but a.jpg is DigitalCapture by its XMP")
    ]
    figure = "<article><figure><img src=a.jpg alt=A><figcaption>{}</figcaption></figure></article>"
    for caption in ("How AI works", "A screenshot of an AI-generated picture", "Made by AIDA"):
        assert messages_of(site(tmp_path, figure.format(caption), **xmp), *ALL) == []
    for caption in ("Bild: KI-generiert", "The tower · Image: AI-generated", "A tower (generated by AI). 2026"):
        assert messages_of(site(tmp_path, figure.format(caption), **xmp), *ALL) == [("prov-consistent", OUTRIGHT)]


OUTRIGHT = "a.jpg is AI-generated by its caption, but DigitalCapture by its XMP"


def test_source_type_missing_in_variants_is_reported(tmp_path: Path) -> None:
    found = lint_site(site(tmp_path, a_jpg=SHOT), *ALL)
    assert [(each.rule, each.severity, each.message) for each in found] == [
        (
            "prov-stripped",
            Severity.ERROR,
            f"a.jpg carries a digital source type ({CAPTURE}), but a.avif (and 1 more) of the same image carries none",
        )
    ]
    write(tmp_path, {"a.avif.c2pa": b"x", "b.c2pa": b"x"})
    assert lint_site(tmp_path, *ALL) == []


def test_bloat_counts_unneeded_metadata(tmp_path: Path) -> None:
    page = '<img srcset="s.jpg 320w, big.jpg 900w" src="big.jpg" alt="A">'
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    wide = srgb.replace(b"sRGB", b"Wide").replace(b"s\0R\0G\0B", b"W\0i\0d\0e").ljust(9000, b"\0")
    big = picture("jpg", size=900)
    write(tmp_path, {"index.html": page, "big.jpg": big, "s.jpg": picture("jpg", icc=wide)})
    assert lint_site(tmp_path, "c2pa-bloat") == []
    write(tmp_path, {"s.jpg": picture("jpg", icc=srgb.ljust(9000, b"\0"))})
    found = messages_of(tmp_path, "c2pa-bloat")
    assert len(found) == 1
    assert found[0][1].startswith("s.jpg carries 8.8 KiB of metadata in ")
    assert "an sRGB profile 8.8 KiB" in found[0][1]
    write(tmp_path, {"s.jpg": picture("jpg", xmp=AI.ljust(1500), size=64)})
    assert lint_site(tmp_path, "c2pa-bloat") == [], "1.5 KiB for rights and source type is always accepted"
    write(tmp_path, {"s.jpg": picture("jpg", xmp=AI.ljust(3000), size=64)})
    assert "XMP 3.0 KiB" in messages_of(tmp_path, "c2pa-bloat")[0][1]


# C2PA, by its own library

signed = pytest.mark.skipif(importlib.util.find_spec("c2pa") is None, reason="c2pa-python is not installed")


@pytest.fixture(scope="module")
def sign() -> Any:
    """Return a function that signs a file (format and bytes -> bytes) with an unknown certificate."""
    from c2pa import Builder, C2paSignerInfo, C2paSigningAlg, Context, Settings, Signer

    from tests.support.certificates import signing  # cryptography comes with c2pa-python

    made = signing()

    def sign(suffix: str, data: bytes, *, source_type: str = TRAINED_MEDIA) -> bytes:
        action = {"action": "c2pa.created", "digitalSourceType": source_type}
        manifest = {
            "claim_generator_info": [{"name": "test", "version": "1"}],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
        }
        info = C2paSignerInfo(alg=C2paSigningAlg.ES256, sign_cert=made.chain, private_key=made.pem(), ta_url=None)
        settings = Settings.from_dict(
            {"builder": {"thumbnail": {"enabled": False}}, "verify": {"verify_after_sign": False}}
        )
        kind = f"image/{suffix.replace('jpg', 'jpeg')}"
        out = io.BytesIO()
        with Context(settings) as context, Builder(manifest, context=context) as builder:
            builder.sign(Signer.from_info(info), kind, io.BytesIO(data), out)
        return out.getvalue()

    return sign


@signed
@pytest.mark.parametrize("suffix", FORMATS)
def test_manifests_are_found_and_validated(tmp_path: Path, sign: Any, suffix: str) -> None:
    name = f"a.{suffix}"
    page = f'<img src="{name}" alt="A">'
    plain = picture(suffix, xmp=AI)
    good = sign(suffix, plain)
    write(tmp_path, {"index.html": page, name: good})
    found = SiteFileMetadata(tmp_path).of(name)
    assert found is not None
    assert (found.c2pa, found.c2pa_ai) == (True, True)
    assert abs(found.count("c2pa") - (len(good) - len(plain))) <= 64
    assert ContentCredentials(tmp_path).check(name) is not None
    assert lint_site(tmp_path, "prov-c2pa") == []
    edited = bytearray(good)
    at = good.index(b"imageseo packet")
    edited[at : at + 8] = b"somebody"  # in the XMP, which the manifest has signed
    (tmp_path / name).write_bytes(bytes(edited))
    broken = lint_site(tmp_path, "prov-c2pa")
    assert [each.severity for each in broken] == [Severity.ERROR]
    assert "mismatch" in broken[0].message
    assert broken[0].hint.endswith("remove the manifest")


@signed
def test_manifest_missing_in_variants_is_reported(tmp_path: Path, sign: Any) -> None:
    write(site(tmp_path), {"a.jpg": sign("jpg", picture("jpg"))})
    assert [(each.rule, each.severity) for each in lint_site(tmp_path, *ALL)] == [("prov-stripped", Severity.ERROR)]
    write(tmp_path, {"a.jpg": sign("jpg", picture("jpg"), source_type=CAPTURE)})
    assert [(each.rule, each.severity) for each in lint_site(tmp_path, *ALL)] == [("prov-stripped", Severity.WARN)]
    write(tmp_path, {"a.jpg": sign("jpg", picture("jpg", xmp=SHOT))})
    assert (
        "DigitalCapture by its XMP, but AI-generated by its C2PA manifest"
        in messages_of(tmp_path, "prov-consistent")[0][1]
    )


def test_missing_c2pa_library_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ContentCredentials, "available", False)
    write(tmp_path, {"a.jpg": DAMAGED["jpg"], "index.html": "<img src=a.jpg>", "b.html": "<img src=a.jpg>"})
    assert lint_site(tmp_path, "prov-c2pa") == []
    plain, segment = DAMAGED["jpg"], b"JP\0\x01\0\0\0\x01" + credentials("trainedAlgorithmicMedia")
    head = b"\xff\xeb" + (len(segment) + 2).to_bytes(2, "big")
    write(tmp_path, {"a.jpg": plain[:2] + head + segment + plain[2:]})
    found = lint_site(tmp_path, "prov-c2pa")
    assert [(each.severity, each.message) for each in found] == [
        (Severity.INFO, "C2PA manifests were not checked: c2pa-python is not installed")
    ]


@pytest.mark.parametrize("language", sorted(_LABELS))
def test_labels_of_imageseo_declare_ai_outright(language: str) -> None:
    caption = label(TRAINED_MEDIA, "illustration", language)
    assert caption is not None
    assert declares_ai(caption.caption)
    assert declares_ai(f"A tower · {caption.caption}")
