"""Content Credentials: what signs, what is said, and what is wrong with a certificate or a key."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("c2pa", reason="c2pa-python is not installed")

from PIL import Image

from imageseo.config.provenance import C2PA_KEY, C2PA_PASSPHRASE, C2paSettings
from imageseo.images.credentials import identity as identities
from imageseo.images.credentials.signer import Signer, has_manifest
from imageseo.model.errors import ProviderError, SettingsError
from imageseo.model.hero import TRAINED_MEDIA
from imageseo.model.image import Rights
from tests.support.certificates import Signing, signing

KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "AVIF": "image/avif"}


def picture(form: str, color: str = "#246") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 200), color).save(out, form)
    return out.getvalue()


def project(tmp_path: Path, made: Signing, *, key: bytes | None = None) -> C2paSettings:
    (tmp_path / "chain.pem").write_bytes(made.chain)
    (tmp_path / "key.pem").write_bytes(made.pem() if key is None else key)
    return C2paSettings(certificate="chain.pem", key="key.pem")


def signer(tmp_path: Path, **more: Any) -> Signer:
    identity = identities.load_identity(project(tmp_path, signing()), tmp_path, environment={})
    assert identity is not None
    return Signer(identity, **more)


def report(data: bytes, kind: str) -> Any:
    from c2pa import Context, Reader, Settings

    quiet = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": False}}
    with Context(Settings.from_dict(quiet)) as context, Reader(kind, io.BytesIO(data), context=context) as reader:
        return json.loads(reader.json())


@pytest.mark.parametrize("form", KINDS)
def test_files_of_all_formats_say_how_they_were_made(form: str, tmp_path: Path) -> None:
    data, kind = picture(form), KINDS[form]
    signed = signer(tmp_path).sign(
        data, kind, rights=Rights(digital_source_type=TRAINED_MEDIA), source=data, source_kind=kind
    )
    told = report(signed, kind)
    manifest = told["manifests"][told["active_manifest"]]
    assert told["validation_state"] in ("Valid", "Trusted")
    assert [(each["action"], each.get("digitalSourceType")) for each in actions(told)] == [
        ("c2pa.created", TRAINED_MEDIA)
    ]
    assert "thumbnail" not in manifest
    assert len(signed) - len(data) < 4000, "without thumbnails"
    with Image.open(io.BytesIO(signed)) as image, Image.open(io.BytesIO(data)) as before:
        assert image.tobytes() == before.tobytes()


def test_a_signed_source_is_the_parent(tmp_path: Path) -> None:
    """A source with a manifest is named, and so is one of which nobody knows how it was made."""
    own = signer(tmp_path)
    source = own.sign(
        picture("PNG"),
        KINDS["PNG"],
        rights=Rights(digital_source_type=TRAINED_MEDIA),
        source=b"",
        source_kind=KINDS["PNG"],
    )
    for parent, rights in ((source, Rights(digital_source_type=TRAINED_MEDIA)), (picture("PNG"), Rights())):
        signed = own.sign(picture("JPEG"), KINDS["JPEG"], rights=rights, source=parent, source_kind=KINDS["PNG"])
        told = report(signed, KINDS["JPEG"])
        manifest = told["manifests"][told["active_manifest"]]
        assert told["validation_state"] in ("Valid", "Trusted")
        assert [each["relationship"] for each in manifest["ingredients"]] == ["parentOf"]
        assert [each["action"] for each in actions(told)] == ["c2pa.opened", "c2pa.edited"]
        assert (len(told["manifests"]) == 2) == has_manifest(parent)


def test_a_change_after_signing_is_found(tmp_path: Path) -> None:
    data = picture("JPEG")
    signed = signer(tmp_path).sign(
        data, KINDS["JPEG"], rights=Rights(digital_source_type=TRAINED_MEDIA), source=data, source_kind=KINDS["JPEG"]
    )
    changed = signed[:-40] + bytes([signed[-40] ^ 1]) + signed[-39:]
    assert report(changed, KINDS["JPEG"])["validation_state"] == "Invalid"


def test_a_time_stamp_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    made = signing()
    settings = C2paSettings(certificate="chain.pem", key="key.pem", timestamp="http://127.0.0.1:9/tsa")
    project(tmp_path, made)
    identity = identities.load_identity(settings, tmp_path, environment={})
    assert identity is not None
    data = picture("JPEG")
    with pytest.raises(ProviderError, match=r"time stamps by http://127\.0\.0\.1:9/tsa"):
        Signer(identity).sign(data, KINDS["JPEG"], rights=Rights(), source=data, source_kind=KINDS["JPEG"])


def actions(told: Any) -> list[dict[str, Any]]:
    """Return what the active manifest of a report says was done."""
    manifest = told["manifests"][told["active_manifest"]]
    (found,) = (each["data"]["actions"] for each in manifest["assertions"] if each["label"] == "c2pa.actions.v2")
    return list(found)


def fails(settings: C2paSettings, tmp_path: Path, environment: Mapping[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        identities.load_identity(settings, tmp_path, environment=environment or {})
    error = caught.value
    assert error.hint
    assert "PRIVATE KEY" not in f"{error} {error.hint} {error.__cause__} {error.__context__}"
    return " ".join(error.faults)


def test_certificates_that_cannot_sign_are_refused(tmp_path: Path) -> None:
    assert "expired on" in fails(project(tmp_path, signing(days=-2)), tmp_path)
    assert "has none of the extended key usages" in fails(project(tmp_path, signing(usages=())), tmp_path)
    good = signing()
    reversed_chain = good._replace(chain=good.root + good.chain)
    assert "is the certificate of an authority" in fails(project(tmp_path, reversed_chain), tmp_path)
    assert "is no certificate in PEM form" in fails(project(tmp_path, good._replace(chain=b"\x30\x82")), tmp_path)
    assert "missing.pem cannot be read" in fails(C2paSettings(certificate="missing.pem"), tmp_path)


def test_keys_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    good, other = signing(), signing(days=20)
    assert "does not belong to the certificate" in fails(project(tmp_path, good, key=other.pem()), tmp_path)
    assert "is no private key in PEM form" in fails(project(tmp_path, good, key=b"secret"), tmp_path)
    settings = project(tmp_path, good, key=good.pem(b"horse battery"))
    assert "is locked with a passphrase" in fails(settings, tmp_path)
    wrong = fails(settings, tmp_path, {C2PA_PASSPHRASE: "staple"})
    assert "is not opened by the passphrase in IMAGESEO_C2PA_PASSPHRASE" in wrong
    assert "staple" not in wrong
    assert identities.load_identity(settings, tmp_path, environment={C2PA_PASSPHRASE: "horse battery"})
    pasted = C2paSettings(certificate="chain.pem", key=good.pem().decode())
    assert "expected the path of its file" in fails(pasted, tmp_path)
    without = C2paSettings(certificate="chain.pem")
    assert "neither `c2pa.key` nor IMAGESEO_C2PA_KEY is set" in fails(without, tmp_path)
    found = identities.load_identity(without, tmp_path, environment={C2PA_KEY: good.pem().decode()})
    assert found is not None
    assert "PRIVATE" not in repr(found)


def test_without_a_certificate_nothing_is_signed(tmp_path: Path) -> None:
    assert identities.load_identity(C2paSettings(), tmp_path) is None
