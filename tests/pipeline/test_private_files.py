"""Builds publish no positions or serial numbers; source files stay, and come back if a setting says so."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from imageseo.images.metadata.private_data import private_kinds
from imageseo.images.metadata.rights import read_rights
from imageseo.images.metadata.segments import read_segments, reader_of
from imageseo.pipeline import originals
from imageseo.storage.local_keys import is_local
from tests.images.test_private_data import camera
from tests.pipeline.test_generated_images import build, files, lint, make, of_rules, page
from tests.support import ai_pictures as ai
from tests.support import pictures

CAPTURE = b"http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
_XMP = pictures.XMP.replace(pictures.DIGITAL.encode(), CAPTURE)
IMAGES = {
    "a.jpg": camera("JPEG", xmp=_XMP),
    "linked/b.png": camera("PNG"),
    "unused.webp": camera("WEBP"),
    "c.avif": camera("AVIF", xmp=_XMP),
}
KEEP = {"metadata": {"gps": "keep", "device": "keep"}}


def site(folder: Path) -> Path:
    body = '<p><img src="a.jpg" alt="A"> <a href="linked/b.png">B</a> <img src="c.avif" alt="C"></p>'
    return make(folder, {"index.html": page(body), **IMAGES})


def test_no_published_file_tells_where_or_by_whose_camera(tmp_path: Path) -> None:
    site(tmp_path)
    assert len(of_rules(lint(tmp_path), "private-metadata")) == 4
    result = build(tmp_path)
    notes = [each for each in result.findings if each.rule == "private-removed"]
    assert [(each.severity, each.message.count("GPS position")) for each in notes] == [("info", 4)]
    built = files(tmp_path)
    assert {path: private_kinds(data) for path, data in built.items() if private_kinds(data)} == {}
    assert len([path for path in built if path.startswith("a-")]) >= 1
    assert not of_rules(lint(tmp_path), "private-metadata")
    again = build(tmp_path)
    assert (files(tmp_path), again.changed) == (built, ())
    build(tmp_path, {"metadata": {"gps": "remove", "device": "remove", "exclude": ["linked/**"]}})
    assert files(tmp_path)["linked/b.png"] == IMAGES["linked/b.png"]
    assert files(tmp_path)["a.jpg"] == built["a.jpg"]
    build(tmp_path, KEEP)
    assert {path: files(tmp_path)[path] == data for path, data in IMAGES.items()} == dict.fromkeys(IMAGES, True)


def test_kept_positions_are_no_finding(tmp_path: Path) -> None:
    site(tmp_path)
    (tmp_path / "imageseo.toml").write_text('[metadata]\ngps = "keep"\n', encoding="utf-8")
    assert not of_rules(lint(tmp_path), "private-metadata")
    (tmp_path / "imageseo.toml").write_text('[metadata]\nexclude = ["*.webp", "linked/**"]\n', encoding="utf-8")
    assert [each.location.page for each in of_rules(lint(tmp_path), "private-metadata")] == ["a.jpg", "c.avif"]


def test_rights_are_written_only_if_asked_for(tmp_path: Path) -> None:
    bare, own = (
        pictures.save(pictures.photo(), "JPEG"),
        pictures.save(pictures.photo(seed=5), "JPEG", xmp=pictures.XMP),
    )
    own_files = {"bare.jpg": bare, "bare.png": pictures.save(pictures.photo(seed=3), "PNG")}
    body = "".join(f'<img src="{name}" alt="A">' for name in own_files) + '<img src="own.jpg" alt="B">'
    make(tmp_path, {"index.html": page(body), **own_files, "own.jpg": own, "loose.jpg": bare})
    rights = {"rights": {"creator": "Ada", "license": "https://example.org/l"}}
    build(tmp_path, rights)
    assert {name: files(tmp_path)[name] for name in own_files} == own_files
    build(tmp_path, {**rights, "metadata": {"rights": "write"}})
    built = files(tmp_path)
    for name in own_files:
        found = read_segments(reader_of(built[name]))
        assert found is not None
        assert read_rights(xmp=found.xmp).creator == "Ada", name
    assert built["loose.jpg"] == bare, "no article shows it"
    assert read_rights(xmp=read_segments(reader_of(built["own.jpg"])).xmp).creator == "Ada Lovelace, 王小明"  # type: ignore[union-attr]
    build(tmp_path, rights)
    assert {name: files(tmp_path)[name] for name in own_files} == own_files


def test_signed_files_keep_their_signature_unless_they_tell_a_place(tmp_path: Path) -> None:
    def signed(data: bytes) -> bytes:
        segment = b"JP\0\x01\0\0\0\x01" + ai.manifest("digitalCapture")
        return data[:2] + b"\xff\xeb" + (len(segment) + 2).to_bytes(2, "big") + segment + data[2:]

    block = pictures.exif({**pictures.CAMERA, 0xC62F: "SN-OF-BODY"})
    serial, place = signed(pictures.save(pictures.photo(), "JPEG", exif=block)), signed(camera("JPEG"))
    make(
        tmp_path,
        {"index.html": page('<img src="s.jpg" alt="S"><img src="p.jpg" alt="P">'), "s.jpg": serial, "p.jpg": place},
    )
    build(tmp_path)
    built = files(tmp_path)
    assert built["s.jpg"] == serial, "a signed file is not touched for a serial number"
    assert b"52,31.2N" not in built["p.jpg"]
    assert [name for name, data in built.items() if b"c2pa" in data] == ["s.jpg"], "no changed file has an old manifest"


def test_originals_stay_on_the_machine() -> None:
    assert is_local(originals._original_key("a" * 64))
    assert not is_local(originals._link_key("a" * 64))


def test_shared_store_gets_no_private_data(tmp_path: Path) -> None:
    share = tmp_path / "share"
    store = {"store": {"remote": str(share), "remote_mode": "read-write"}}
    for name in ("a", "b"):
        site(tmp_path / name)
        build(tmp_path / name, store)
    entries = [path.read_bytes() for path in share.rglob("*") if path.is_file()]
    assert len(entries) > 4, "what replaces the files is shared"
    assert [data[:8] for data in entries if b"SN-4711" in data or b"52,31.2N" in data or private_kinds(data)] == []
    assert files(tmp_path / "a") == files(tmp_path / "b")
    for _ in range(2):  # a warm build offers nothing more
        build(tmp_path / "a", store)
    assert len([path for path in share.rglob("*") if path.is_file()]) == len(entries)
    build(tmp_path / "b", {**store, **KEEP})
    assert {path: files(tmp_path / "b")[path] == data for path, data in IMAGES.items()} == dict.fromkeys(IMAGES, True)


def test_lists_of_service_workers_with_hashes_of_replaced_files_are_stale(tmp_path: Path) -> None:
    site(tmp_path)
    old = hashlib.sha1(IMAGES["unused.webp"], usedforsecurity=False).hexdigest()
    (tmp_path / "site/ngsw.json").write_text(json.dumps({"hashTable": {"/unused.webp": old}}), encoding="utf-8")
    for _ in range(2):
        found = [each.message for each in build(tmp_path).findings if each.rule == "precache-stale"]
        assert len(found) == 1
        assert "unused.webp" in found[0]
