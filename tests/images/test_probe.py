"""Probing of headers, with images as cameras, phones and designers produce them, and with damaged files."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from imageseo.images.decoding.cicp import hdr_format
from imageseo.images.decoding.probe import probe, probe_bytes
from imageseo.model.image import Asset, BadAsset, Rights
from tests.support import pictures

LIMIT = 120_000_000


def probe_asset(data: bytes, name: str = "a.png") -> Asset:
    found = probe_bytes(data, name, max_pixels=LIMIT)
    assert isinstance(found, Asset), found
    return found


def probe_bad(data: bytes, name: str) -> BadAsset:
    found = probe_bytes(data, name, max_pixels=LIMIT)
    assert isinstance(found, BadAsset), found
    assert found.path == name
    assert name in found.problem
    assert found.hint
    return found


def test_jpeg_is_probed(tmp_path: Path) -> None:
    data = pictures.save(pictures.photo(320, 200), "JPEG")
    (tmp_path / "a b.jpg").write_bytes(data)
    found = probe(tmp_path / "a b.jpg", "img/a b.jpg", max_pixels=LIMIT)
    assert found == Asset(
        path="img/a b.jpg",
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        format="jpeg",
        width=320,
        height=200,
    )
    assert found.encodable


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP"])
def test_format_follows_content_not_name(kind: str) -> None:
    found = probe_asset(pictures.save(pictures.photo(), kind), "picture.jpg")
    assert (found.format, found.width, found.height, found.frames) == (kind.lower(), 320, 200, 1)


def test_one_pixel_image_is_probed() -> None:
    found = probe_asset(pictures.save(pictures.flat("red", size=(1, 1)), "PNG"))
    assert (found.width, found.height, found.encodable) == (1, 1, True)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_animation_has_frames_and_is_not_encodable(kind: str) -> None:
    found = probe_asset(pictures.animated(kind))
    assert found.frames == 3
    assert not found.encodable


def test_jpeg_with_appended_preview_is_one_still() -> None:
    data = pictures.with_preview()
    with Image.open(io.BytesIO(data)) as seen_by_pillow:
        assert seen_by_pillow.format == "MPO"
    found = probe_asset(data)
    assert (found.format, found.frames, found.width, found.encodable) == ("jpeg", 1, 64, True)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_size_is_as_displayed(kind: str, orientation: int) -> None:
    found = probe_asset(pictures.turned(orientation, kind))
    assert (found.width, found.height, found.orientation) == (96, 64, orientation)


def test_webp_orientation_is_ignored() -> None:
    found = probe_asset(pictures.turned(6, "WEBP"))
    assert (found.width, found.height, found.orientation) == (64, 96, 1)


def test_orientation_is_only_read_where_browsers_look() -> None:
    by_xmp = pictures.XMP.replace(
        b'photoshop:Credit="', b'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6" photoshop:Credit="'
    )
    data = pictures.save(pictures.photo(), "JPEG", xmp=by_xmp)
    with Image.open(io.BytesIO(data)) as image:
        assert image.getexif().get(0x0112) == 6  # Pillow's own reading
    assert probe_asset(data).orientation == 1
    late = pictures.with_late_chunk(
        pictures.save(pictures.photo(), "PNG"), b"eXIf", pictures.exif({0x0112: 6}, gps=True)
    )
    assert (probe_asset(late).orientation, probe_asset(late).width, probe_asset(late).private) == (1, 320, ("gps",))


@pytest.mark.parametrize("value", [0, 9, 77])
def test_invalid_orientation_is_ignored(value: int) -> None:
    assert probe_asset(pictures.save(pictures.photo(), "JPEG", exif=pictures.exif({0x0112: value}))).orientation == 1


def test_gps_coordinates_are_detected() -> None:
    plain = pictures.photo()
    for kind in ("JPEG", "PNG", "WEBP", "AVIF"):
        assert "gps" in probe_asset(pictures.save(plain, kind, exif=pictures.exif(pictures.CAMERA, gps=True))).private
        assert "gps" not in probe_asset(pictures.save(plain, kind, exif=pictures.exif(pictures.CAMERA))).private
    assert "gps" in probe_asset(pictures.save(plain, "JPEG", xmp=pictures.XMP)).private


def test_broken_metadata_is_ignored() -> None:
    data = pictures.save(pictures.photo(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f", xmp=b"<x:xmpmeta><oops")
    found = probe_asset(data)
    assert (found.orientation, found.private, found.rights) == (1, (), Rights())


def test_alpha_is_detected() -> None:
    assert probe_asset(pictures.save(pictures.flat((1, 2, 3, 4), "RGBA"), "PNG")).has_alpha
    assert probe_asset(pictures.save(pictures.flat((1, 200), "LA"), "PNG")).has_alpha
    assert probe_asset(pictures.palette_with_transparency()).has_alpha
    assert probe_asset(pictures.grey16([0, 33000], transparent=0)).has_alpha
    assert not probe_asset(pictures.save(pictures.flat("red"), "PNG")).has_alpha


def test_rights_are_read_from_every_format() -> None:
    late = pictures.with_late_chunk(
        pictures.save(pictures.photo(), "PNG"), b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + pictures.XMP
    )
    files = [late, *(pictures.save(pictures.photo(), kind, xmp=pictures.XMP) for kind in ("JPEG", "WEBP", "AVIF"))]
    assert {probe_asset(data).rights.creator for data in files} == {"Ada Lovelace, 王小明"}
    with_iim = pictures.with_iim(pictures.save(pictures.photo(), "JPEG"), pictures.iim())
    assert probe_asset(with_iim).rights.copyright == "© Jürgen"
    with_exif = pictures.save(pictures.photo(), "JPEG", exif=pictures.exif(pictures.CAMERA))
    assert probe_asset(with_exif).rights.creator == "Exif Artist"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty.jpg", "is empty (0 bytes)"),
        ("page.jpg", "is an HTML page"),
        ("noise.png", "is not an image"),
        ("header-only.jpg", "header cannot be read"),
        ("pointer.png", "is a Git LFS pointer"),
        ("scan.tiff", "is a TIFF"),
    ],
)
def test_unusable_file_has_problem(name: str, message: str) -> None:
    found = probe_bad(pictures.AWKWARD[name](), name)
    assert found.rule == "img-unreadable"
    assert message in found.problem


def test_truncated_file_never_raises() -> None:
    for kind in ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP"):
        whole = pictures.save(pictures.photo(64, 40), kind)
        for length in range(0, min(len(whole), 1200), 7):
            assert probe_bytes(whole[:length], "cut", max_pixels=LIMIT).path == "cut"


def test_decompression_bomb_is_rejected_by_header() -> None:
    """Run in a process limited to 300 MB of additional address space, where decoding 7.5 GB would fail."""
    found = probe_bad(pictures.bomb(), "bomb.png")
    assert "50,000×50,000 px (2,500 megapixels)" in found.problem
    assert "not decoded" in found.problem
    assert "encode.max_pixels" in found.hint
    code = (
        "import resource\n"
        "from imageseo.images.decoding.probe import probe_bytes\n"
        "from imageseo.images.decoding.raster import open_raster\n"
        "from tests.support import pictures\n"
        "pictures.save(pictures.photo(8, 8), 'PNG')\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 300 * 2**20,) * 2)\n"
        "print(type(probe_bytes(pictures.bomb(), 'b', max_pixels=120_000_000)).__name__)\n"
        "print(type(probe_bytes(pictures.bomb(), 'b', max_pixels=10**10)).__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["BadAsset", "Asset"]


def test_pixel_limit_is_the_setting_not_pillows() -> None:
    assert probe_asset(pictures.bomb(13_000, 9_000)).width == 13_000  # 117 megapixels: above Pillow's warning
    assert isinstance(probe_bytes(pictures.bomb(20_000, 15_000), "a", max_pixels=300_000_000), Asset)  # above its error
    assert isinstance(probe_bytes(pictures.bomb(100, 100), "a", max_pixels=9_999), BadAsset)


def test_missing_file_or_folder_is_img_missing(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    for name, message in (
        ("gone.png", "does not exist"),
        ("folder.png", "is a folder"),
        ("nul\0.png", "does not exist"),
    ):
        found = probe(tmp_path / name, name, max_pixels=LIMIT)
        assert isinstance(found, BadAsset)
        assert (found.rule, message in found.problem) == ("img-missing", True)


@pytest.mark.parametrize(
    ("root", "size", "natural"),
    [
        ('width="300" height="200"', (300, 200), True),
        ('width="3in" height="2.54cm"', (288, 96), True),
        ('viewBox="0 0 1000 500"', (1000, 500), False),
        ('width="100%" height="100%" viewBox="0,0,1000,500"', (1000, 500), False),
        ('width="100" viewBox="0 0 1000 500"', (100, 50), True),
        ('height="100"', (300, 100), True),
        ("", (300, 150), True),
        ('viewBox="0 0 0 0"', (300, 150), True),
    ],
)
def test_svg_sizes_match_chromium(root: str, size: tuple[int, int], natural: bool) -> None:
    head = '<?xml version="1.0"?><!-- <svg width="9"> --><!DOCTYPE svg [<!ENTITY ns "http://www.w3.org/2000/svg">]>\n'
    for text in (
        f'<svg xmlns="http://www.w3.org/2000/svg" {root}/>',
        f'{head}<s:svg xmlns:s="&ns;" {root}><s:g/></s:svg>',
    ):
        found = probe_asset(text.encode(), "a.svg")
        assert ((found.width, found.height), found.natural, found.format) == (size, natural, "svg")
        assert not found.encodable
    assert probe_asset(gzip.compress(b'<svg width="7" height="8"/>', mtime=0), "a.svgz").width == 7


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ('width="16" height="16"', True),
        ('width="16px" height="16.0px" viewBox="0 0 24 24"', True),
        ('width="16.5" height="16"', False),
        ('width="1em" height="1em"', False),
        ('width="3in" height="2.54cm"', False),
        ('width="16" viewBox="0 0 24 24"', False),
        ('viewBox="0 0 24 24"', False),
        ('width="16" height="16" viewBox="0 0 24 24" preserveAspectRatio="none"', False),
    ],
)
def test_svg_tells_whole_px(root: str, expected: bool) -> None:
    assert probe_asset(f'<svg xmlns="http://www.w3.org/2000/svg" {root}/>'.encode(), "a.svg").has_whole_px is expected


def test_invalid_svg_is_unreadable() -> None:
    probe_bad(b"<svg", "a.svg")
    probe_bad(b'<?xml version="1.0"?><html><svg/></html>', "a.svg")
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    probe_bad(f'<!DOCTYPE svg [<!ENTITY a0 "ha">{laughs}]><svg width="&a11;"/>'.encode(), "a.svg")


def test_very_large_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "film.jpg").open("wb") as file:
        file.truncate(2**40)  # sparse: a terabyte without disk space
    found = probe(tmp_path / "film.jpg", "film.jpg", max_pixels=LIMIT)
    assert isinstance(found, BadAsset)
    assert "1,048,576 MiB" in found.problem


def test_icon_is_a_still() -> None:
    found = probe_asset(pictures.save(pictures.flat((1, 2, 3, 4), "RGBA", (48, 48)), "ICO", sizes=[(16, 16), (48, 48)]))
    assert (found.format, found.width, found.frames) == ("ico", 48, 1)


# HDR: brightness above a page's white, which an sRGB variant cannot represent


def with_segment(jpeg: bytes, body: bytes) -> bytes:
    """Return a JPEG with an APP2 segment before all others."""
    return jpeg[:2] + b"\xff\xe2" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]


def coded_png(primaries: int, transfer: int) -> bytes:
    rows = (b"\0" + bytes((200, 80, 30)) * 8) * 8
    chunk = (b"cICP", bytes((primaries, transfer, 0, 1)))
    return pictures.png(8, 8, depth=8, colour=2, rows=rows, extra=[chunk])


GAIN_MAP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"/></rdf:RDF>
</x:xmpmeta>"""


def test_hdr_is_detected_and_not_encodable() -> None:
    plain = pictures.save(pictures.photo(), "JPEG")
    files = {
        "gain map": [
            pictures.save(pictures.photo(), "JPEG", xmp=GAIN_MAP),
            with_segment(plain, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"),
        ],
        "PQ": [coded_png(9, 16), pictures.coded_avif(pictures.photo(), 9, 16)],
        "HLG": [coded_png(9, 18), pictures.coded_avif(pictures.photo(), 9, 18)],
    }
    for name, each in files.items():
        for data in each:
            found = probe_asset(data)
            assert (found.hdr, found.encodable) == (name, False)


def test_avif_gain_map_is_detected_by_brand() -> None:
    plain = pictures.save(pictures.photo(), "AVIF")
    assert hdr_format(plain, "avif", b"", b"") is None
    assert hdr_format(plain.replace(b"MA1B", b"tmap", 1), "avif", b"", b"") == "gain map"


def test_wide_gamut_is_not_hdr() -> None:
    for data in (coded_png(12, 13), coded_png(9, 14), pictures.coded_avif(pictures.photo(), 12, 13)):
        assert (probe_asset(data).hdr, probe_asset(data).encodable) == (None, True)
    behind = pictures.with_preview() + b"urn:iso:std:iso:ts:21496:-1\0"
    named = pictures.save(pictures.photo(), "JPEG", xmp=pictures.XMP.replace(b"Ada", b"hdr-gain-map Version="))
    for data in (behind, named, pictures.save(pictures.photo(), "PNG", icc_profile=pictures.p3_like())):
        assert probe_asset(data).hdr is None


def test_hdr_is_detected_in_icc_profile() -> None:
    """ICC 4.4 has a tag for the code, in addition to curves for programs that do not support it."""
    profile = pictures.p3_like()
    at = profile.index(b"cprt")
    start = int.from_bytes(profile[at + 4 : at + 8], "big")
    patched = bytearray(profile)
    patched[at : at + 4], patched[at + 8 : at + 12] = b"cicp", (12).to_bytes(4, "big")
    patched[start : start + 12] = b"cicp\0\0\0\0" + bytes((9, 16, 0, 1))
    assert probe_asset(pictures.save(pictures.photo(), "JPEG", icc_profile=bytes(patched))).hdr == "PQ"
    assert probe_asset(pictures.save(pictures.photo(), "PNG", icc_profile=bytes(patched[: start + 4]))).hdr is None
