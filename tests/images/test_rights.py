"""Rights: read from the output of other tools, and written so that other tools can read them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from imageseo.images.metadata.rights import MAX_TEXT, TOOLKIT, empty_xmp_packet, read_rights, read_writer, xmp_packet
from imageseo.model.hero import ALGORITHMIC_MEDIA
from imageseo.model.image import Rights
from tests.support import pictures

FULL = Rights(
    creator="Ada Lovelace, 王小明",
    credit="Example & Söhne",
    copyright="© 2026 Ada <Lovelace>",
    license="https://example.org/licence",
    acquire_license_page="https://example.org/buy?a=1&b=2",
    digital_source_type=pictures.DIGITAL,
)


def test_xmp_is_read() -> None:
    assert read_rights(xmp=pictures.XMP) == FULL


def test_written_rights_are_read_back() -> None:
    assert read_rights(xmp=xmp_packet(FULL)) == FULL
    assert xmp_packet(FULL) == xmp_packet(read_rights(xmp=xmp_packet(FULL)))


def test_unknown_rights_are_not_written() -> None:
    assert xmp_packet(Rights()) == b""
    only = xmp_packet(Rights(digital_source_type=ALGORITHMIC_MEDIA))
    assert b"creator" not in only
    assert b"GPS" not in xmp_packet(read_rights(xmp=pictures.XMP))
    assert len(only) < 500


def test_empty_packet_names_only_its_writer() -> None:
    assert read_writer(empty_xmp_packet()) == TOOLKIT
    assert read_rights(xmp=empty_xmp_packet()) == Rights()
    etree.fromstring(empty_xmp_packet())


text = st.text(min_size=1, max_size=80).filter(lambda value: bool(value.split()))


@settings(deadline=None)
@given(creator=text, copyright=text)
def test_any_text_gives_well_formed_packet(creator: str, copyright: str) -> None:
    written = xmp_packet(Rights(creator=f"by {creator}", copyright=copyright))
    etree.fromstring(written.split(b"?>", 1)[1].rsplit(b"<?", 1)[0])
    assert read_rights(xmp=written) == read_rights(xmp=xmp_packet(read_rights(xmp=written)))


def test_long_texts_are_truncated() -> None:
    long = read_rights(xmp=xmp_packet(Rights(copyright="All rights. " * 2000)))
    assert long.copyright is not None
    assert len(long.copyright) <= MAX_TEXT
    assert len(xmp_packet(Rights(copyright="x" * 100_000))) < 2 * MAX_TEXT


@pytest.mark.parametrize("utf8", [True, False])
def test_iptc_iim_is_read(utf8: bool) -> None:
    found = read_rights(iim=pictures.iim(utf8=utf8))
    assert (found.creator, found.credit, found.copyright) == ("Bild Jürgen", "Agentur", "© Jürgen")


def test_xmp_precedes_iim_and_iim_precedes_exif() -> None:
    exif = {0x013B: "Exif Artist", 0x8298: "Exif Copyright"}
    assert read_rights(xmp=pictures.XMP, iim=pictures.iim(), exif=exif).creator == FULL.creator
    assert read_rights(iim=pictures.iim(notice=""), exif=exif) == Rights(
        creator="Bild Jürgen", credit="Agentur", copyright="Exif Copyright"
    )
    assert read_rights(exif=exif) == Rights(creator="Exif Artist", copyright="Exif Copyright")


@pytest.mark.parametrize(
    "xmp",
    [
        b"",
        b"not xml",
        b"<x:xmpmeta",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>&e;</dc:creator></x>',
        pictures.XMP[: len(pictures.XMP) // 2],
    ],
)
def test_broken_packet_gives_no_rights(xmp: bytes) -> None:
    assert read_rights(xmp=xmp) == Rights()


@pytest.mark.parametrize("iim", [b"\x1c\x02\x50\xff\xff", b"\x1c\x02\x50\x00\x50short", b"\x1c", b"garbage"])
def test_broken_iim_does_not_raise(iim: bytes) -> None:
    read_rights(iim=iim)


def test_licence_that_is_not_a_url_is_ignored() -> None:
    xmp = pictures.XMP.replace(b"https://example.org/licence", b"all rights reserved")
    assert read_rights(xmp=xmp).license is None


@pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="exiftool is not installed: no independent reader to compare with"
)
def test_exiftool_reads_written_packet(tmp_path: Path) -> None:
    (tmp_path / "a.xmp").write_bytes(xmp_packet(FULL))
    done = subprocess.run(["exiftool", "-j", "-struct", tmp_path / "a.xmp"], capture_output=True, check=True)
    found = json.loads(done.stdout)[0]
    assert found["Creator"] == ["Ada Lovelace, 王小明"]
    assert found["Rights"] == "© 2026 Ada <Lovelace>"
    assert found["Credit"] == "Example & Söhne"
    assert found["WebStatement"] == "https://example.org/licence"
    assert found["Licensor"] == [{"LicensorURL": "https://example.org/buy?a=1&b=2"}]
    assert found["DigitalSourceType"] == "Trained Algorithmic Media" or found["DigitalSourceType"] == pictures.DIGITAL


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed: no independent writer")
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_metadata_written_by_exiftool_is_read(tmp_path: Path, kind: str) -> None:
    from imageseo.images.decoding.probe import probe

    path = tmp_path / f"a.{kind.lower()}"
    path.write_bytes(pictures.save(pictures.photo(), kind))
    tags = ["-XMP-dc:Creator=Ada", "-IPTC:CopyrightNotice=© Jürgen", "-XMP-plus:LicensorURL=https://example.org/buy"]
    subprocess.run(["exiftool", "-q", "-overwrite_original", "-charset", "utf8", *tags, path], check=True)
    found = probe(path, "a", max_pixels=10**6)
    assert not hasattr(found, "problem")
    rights = getattr(found, "rights")  # noqa: B009
    assert rights.creator == "Ada"
    assert rights.acquire_license_page == "https://example.org/buy"
    if kind == "JPEG":
        assert rights.copyright == "© Jürgen"
