"""Positions, serial numbers and owners are taken out of files; pixels, rights and profiles stay."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms

from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.metadata.private_data import DEVICE, GPS, private_kinds, without_private
from imageseo.images.metadata.private_xmp import private_xmp, without_private_xmp
from imageseo.images.metadata.rights import SHORT, read_rights, short_rights, xmp_packet
from imageseo.images.metadata.segments import read_segments, reader_of
from imageseo.model.hero import TRAINED_MEDIA
from imageseo.model.image import Asset, Rights
from tests.support import pictures

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
BOTH = (GPS, DEVICE)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def camera(kind: str, *, xmp: bytes = pictures.XMP) -> bytes:
    """A file of a camera: position in EXIF and XMP, serial numbers, owner and maker note, and rights."""
    block = Image.Exif()
    block.update({**pictures.CAMERA, 0xC62F: "SN-OF-BODY", 0x0112: 1})
    block[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0), 29: "2026:01:02"}
    block[0x8769] = {0xA431: "SN-4711", 0xA435: "SN-LENS", 0xA430: "Owner Name", 0x927C: b"MAKER NOTE", 0x9003: "x"}
    image = pictures.photo(64, 48)
    return pictures.save(image, kind, exif=block.tobytes(), xmp=xmp, icc_profile=PROFILE)


SECRETS = (b"SN-OF-BODY", b"SN-4711", b"SN-LENS", b"Owner Name", b"MAKER NOTE", b"2026:01:02", b"52,31.2N")


@pytest.mark.parametrize("kind", FORMATS)
def test_camera_files_lose_private_data_and_nothing_else(kind: str) -> None:
    data = camera(kind)
    assert private_kinds(data) == {GPS, DEVICE}
    new = without_private(data, BOTH)
    assert private_kinds(new) == frozenset()
    assert not [secret for secret in SECRETS if secret in new]
    assert len(new) <= len(data)
    with Image.open(io.BytesIO(data)) as one, Image.open(io.BytesIO(new)) as other:
        assert one.tobytes() == other.tobytes()
        assert other.info["icc_profile"] == PROFILE
        assert other.getexif()[0x8298] == "Exif Copyright"
        assert other.getexif().get_ifd(0x8825) == {}
    before, after = probe_bytes(data, "", max_pixels=10**6), probe_bytes(new, "", max_pixels=10**6)
    assert isinstance(before, Asset)
    assert isinstance(after, Asset)
    assert after.rights == before.rights
    assert after.rights.creator == "Ada Lovelace, 王小明"
    assert (before.private, after.private) == ((DEVICE, GPS), ())
    assert without_private(new, BOTH) == new, "nothing is left to remove"


@pytest.mark.parametrize("kind", FORMATS)
def test_one_kind_leaves_the_other(kind: str) -> None:
    data = camera(kind)
    assert private_kinds(without_private(data, (GPS,))) == {DEVICE}
    assert private_kinds(without_private(data, (DEVICE,))) == {GPS}
    assert without_private(data, ()) == data
    plain = pictures.save(pictures.photo(64, 48), kind, exif=pictures.exif(pictures.CAMERA))
    assert without_private(plain, BOTH) == plain


def test_previews_and_texts_of_other_programs_are_cleaned() -> None:
    inner = pictures.exif(pictures.CAMERA, gps=True)
    profile = f"\nexif\n{len(inner):8}\n{inner.hex()}\n".encode()
    plain = pictures.save(pictures.photo(64, 48), "PNG")
    for name, content in (
        ("raw profile", b"zTXtRaw profile type exif\0\0" + zlib.compress(profile)),
        ("raw text", b"tEXtRaw profile type exif\0" + profile),
        ("ImageMagick", b"tEXtexif:GPSLatitude\x0052/1, 31/1, 12/1"),
    ):
        chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
        data = plain[:33] + chunk + plain[33:]
        assert private_kinds(data) == {GPS}, name
        assert without_private(data, BOTH) == plain, name
    # Photoshop's resource 0x0424 is a copy of the XMP packet.
    packet = pictures.XMP
    content = b"Photoshop 3.0\0" + b"8BIM\x04\x24\0\0" + struct.pack(">I", len(packet)) + packet
    jpeg = pictures.save(pictures.photo(64, 48), "JPEG")
    data = jpeg[:2] + b"\xff\xed" + struct.pack(">H", len(content) + 2) + content + jpeg[2:]
    assert private_kinds(data) == {GPS}
    new = without_private(data, BOTH)
    assert (private_kinds(new), b"GPSLatitude" in new) == (frozenset(), False)
    assert b"Alle Rechte" in new


def test_damaged_files_and_packets_raise_nothing() -> None:
    for kind in FORMATS:
        data = camera(kind)
        for at in range(0, min(len(data), 3000), 97):
            cut, flipped = data[:at], data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :]
            for broken in (cut, flipped):
                without_private(broken, private_kinds(broken))


def test_odd_packets_hide_no_position() -> None:
    doctype = (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY file SYSTEM "file:///etc/passwd">]>'
    )
    text = pictures.XMP.decode()
    body = text[text.index("<x:xmpmeta") :]
    packets = {
        "entities": (doctype + body.replace("Ada Lovelace", "&b;&file;")).encode(),
        "5 MB": body.replace("Ada Lovelace", "A" * 5_000_000).encode(),
        "not closed": body[:-60].encode(),
    }
    for name, packet in packets.items():
        assert private_xmp(packet) == {GPS}, name
        new = without_private_xmp(packet, (GPS,))
        assert (b"GPSLatitude" in new, len(new) <= len(packet)) == (False, True), name
        assert b"root:" not in new, name
    harmless = packets["entities"].replace(b"GPSLatitude", b"Longing").replace(b"GPSLongitude", b"Lasting")
    assert without_private_xmp(harmless, (GPS,)) == harmless, "what has no position stays, whatever it is"
    assert read_rights(xmp=packets["entities"]).creator in (None, "Ada Lovelace")


def test_latin_1_in_iptc_is_read() -> None:
    for raw, text in ((b"H\xfctte", "Hütte"), ("Hütte".encode(), "Hütte"), (b"Caf\xe9 \x96 Bar", "Café – Bar")):
        records = b"\x1c\x02\x50" + struct.pack(">H", len(raw)) + raw
        found = read_rights(iim=records).creator
        assert found is not None
        assert found.startswith(text[:4]), raw


def test_both_schemes_of_the_digital_source_type_are_one() -> None:
    for scheme in ("http", "https"):
        packet = xmp_packet(Rights(digital_source_type=TRAINED_MEDIA)).replace(
            b"http://cv.", f"{scheme}://cv.".encode()
        )
        assert read_rights(xmp=packet).digital_source_type == TRAINED_MEDIA


@pytest.mark.parametrize("kind", FORMATS)
def test_variants_of_generated_images_have_at_most_500_bytes_of_metadata(kind: str) -> None:
    long = "A creator with a long name, and what else may be said of the place of work " * 3
    rights = Rights(
        creator=long, credit=long, copyright=long, license="https://example.org/licence", made_with="SDXL 1.0",
        digital_source_type=TRAINED_MEDIA,
    )  # fmt: skip
    packet = xmp_packet(short_rights(rights))
    assert len(packet) <= SHORT
    plain = pictures.save(pictures.photo(64, 48), kind)
    data = pictures.save(pictures.photo(64, 48), kind, xmp=packet)
    found = read_segments(reader_of(data))
    assert found is not None
    assert sum(found.counts.values()) <= 500
    assert len(data) - len(plain) <= 560, "with the boxes that some formats need"
    assert read_rights(xmp=found.xmp).digital_source_type == TRAINED_MEDIA
    asked = short_rights(Rights(digital_source_type=TRAINED_MEDIA, prompt="a tower " * 60))
    assert asked.prompt is not None, "it is there only because a setting asks for it"
