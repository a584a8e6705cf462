"""Published heroes and social cards with a manifest, and `srcset` candidates without one."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("c2pa", reason="c2pa-python is not installed")

from imageseo.images.credentials.signer import has_manifest
from imageseo.lint.facts.c2pa import ContentCredentials, ManifestStatus
from imageseo.model.errors import SettingsError
from tests.pipeline import test_build
from tests.support import small_sites
from tests.support.certificates import signing

PAGE = '<!doctype html><html lang="en"><head><title>A</title></head><body><main><h1>A</h1>{}</main></body></html>'


def build(folder: Path, **options: object) -> dict[str, bytes]:
    """Build again from new pages, and return the images of the site."""
    small_sites.write(
        folder / "site",
        {
            "index.html": PAGE.format('<p><img src="photo.jpg" alt="A harbour" width="900" height="600"></p>'),
            "two/index.html": PAGE.format("<p>Text</p>"),
        },
    )
    settings = {"site_url": "https://example.org/", "social": {"cards": "title"}, "hero": {"crops": ["1:1"]}}
    test_build.build(folder, {**settings, **options})
    images = (path for path in (folder / "site").rglob("*") if path.suffix in (".jpg", ".avif", ".webp"))
    return {path.relative_to(folder / "site").as_posix(): path.read_bytes() for path in images}


def test_public_files_are_signed_once(tmp_path: Path) -> None:
    made = signing()
    small_sites.write(
        tmp_path, {"chain.pem": made.chain, "key.pem": made.pem(), "site/photo.jpg": small_sites.photo(900, 600)}
    )
    own = {"certificate": "chain.pem", "key": "key.pem"}
    plain = build(tmp_path)
    assert not any(map(has_manifest, plain.values()))
    signed = build(tmp_path, c2pa=own)
    assert signed.keys() == plain.keys(), "no address changes with a signature"
    having = {path for path, data in signed.items() if has_manifest(data)}
    assert having == {path for path in signed if path.startswith("assets/social/")}
    credentials = ContentCredentials(tmp_path / "site")
    assert {credentials.check(path) for path in having} == {ManifestStatus()}
    assert build(tmp_path, c2pa=own) == signed, "a file that is signed is not signed again"
    assert build(tmp_path) == plain


def test_a_certificate_that_cannot_sign_stops_the_build_before_it_writes(tmp_path: Path) -> None:
    made = signing(days=-2)
    small_sites.write(
        tmp_path, {"chain.pem": made.chain, "key.pem": made.pem(), "site/photo.jpg": small_sites.photo(900, 600)}
    )
    with pytest.raises(SettingsError, match="expired"):
        build(tmp_path, c2pa={"certificate": "chain.pem", "key": "key.pem"})
    assert b"imageseo" not in (tmp_path / "site/index.html").read_bytes()
    assert not (tmp_path / "site/assets").exists()
