"""The certificate and key that sign manifests, checked before any file is written."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.config.provenance import C2PA_KEY, C2PA_PASSPHRASE, C2paSettings
from imageseo.model import regular_file
from imageseo.model.errors import SettingsError
from imageseo.model.extras import install_command

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_PURPOSES = {
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.36": "documentSigning",
    "1.3.6.1.4.1.62558.2.1": "C2PA claim signing",
}
"""Extended key usages of which C2PA requires one."""


@dataclass(frozen=True, slots=True)
class SigningIdentity:
    """Who signs. ``algorithm``: C2PA's name of the algorithm. ``chain``: PEM. ``digest``: of the certificates."""

    algorithm: str
    chain: bytes
    key: bytes = field(repr=False)
    timestamp: str | None
    digest: str


def load_identity(
    settings: C2paSettings, project: Path, *, environment: Mapping[str, str] = os.environ, now: datetime | None = None
) -> SigningIdentity | None:
    """Return the identity that the settings name; None without a certificate.

    Raises SettingsError for a certificate that cannot sign now, and a key that does not belong to it.
    """
    if settings.certificate is None:
        return None
    if importlib.util.find_spec("c2pa") is None:
        raise SettingsError(("`c2pa.certificate` needs the library c2pa-python",), hint=install_command("c2pa"))
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    path = project / settings.certificate
    chain = _read(path, "c2pa.certificate")
    try:
        certificates = x509.load_pem_x509_certificates(chain)
    except ValueError as error:
        raise SettingsError(
            (f"`c2pa.certificate`: {path} is no certificate in PEM form",),
            hint='name a file that holds "-----BEGIN CERTIFICATE-----", the signer\'s first',
        ) from error
    _check(certificates[0], path, now or datetime.now(UTC))
    key, origin = _key(settings, project, environment)
    private = _load_key(key, origin, environment.get(C2PA_PASSPHRASE))
    public = certificates[0].public_key()
    der = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(*der) != public.public_bytes(*der):
        raise SettingsError(
            (f"`c2pa.key`: the key in {origin} does not belong to the certificate in {path}",),
            hint="name the key that the certificate was made for; the signer's certificate comes first in its file",
        )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningIdentity(
        algorithm=_algorithm(private, origin),
        chain=chain,
        key=pem,
        timestamp=settings.timestamp,
        digest=hashlib.sha256(chain + (settings.timestamp or "").encode()).hexdigest(),
    )


def _read(path: Path, name: str) -> bytes:
    try:
        return regular_file.read(path, limit=1 << 20)
    except OSError as error:
        raise SettingsError(
            (f"`{name}`: {path} cannot be read: {error.strerror or error}",),
            hint="correct the path, or remove the setting",
        ) from error


def _check(certificate: Certificate, path: Path, now: datetime) -> None:
    """Raise SettingsError for a certificate with which no valid manifest can be signed."""
    from cryptography import x509

    problem = ""
    if now > certificate.not_valid_after_utc:
        problem = f"expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
    elif now < certificate.not_valid_before_utc:
        problem = f"is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}"
    if problem:
        raise SettingsError(
            (f"`c2pa.certificate`: {path} {problem}",), hint="renew the certificate, or remove the setting"
        )
    extensions = certificate.extensions
    try:
        found = {usage.dotted_string for usage in extensions.get_extension_for_class(x509.ExtendedKeyUsage).value}
    except x509.ExtensionNotFound:
        found = set()
    try:
        is_authority = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        is_authority = False
    if is_authority:
        problem = "is the certificate of an authority, which signs certificates only"
    elif not found & _PURPOSES.keys():
        problem = f"has none of the extended key usages that C2PA requires ({', '.join(_PURPOSES.values())})"
    if problem:
        hint = "put the signer's own certificate first in the file, made for signing content"
        raise SettingsError((f"`c2pa.certificate`: the first certificate in {path} {problem}",), hint=hint)


def _key(settings: C2paSettings, project: Path, environment: Mapping[str, str]) -> tuple[bytes, str]:
    """Return a private key, and where it is from."""
    if settings.key is not None:
        if "-----BEGIN" in settings.key or "\n" in settings.key:  # a message must not quote it
            raise SettingsError(
                ("`c2pa.key` is the text of a key, expected the path of its file",),
                hint=f"name a file outside of the repository, or set {C2PA_KEY} to the text",
            )
        path = project / Path(settings.key).expanduser()
        return _read(path, "c2pa.key"), str(path)
    if environment.get(C2PA_KEY):
        return environment[C2PA_KEY].replace("\\n", "\n").encode(), C2PA_KEY
    raise SettingsError(
        (f"`c2pa.certificate` has no key: neither `c2pa.key` nor {C2PA_KEY} is set",),
        hint=f"set `c2pa.key` to the file of its private key, or {C2PA_KEY} to the key itself",
    )


def _load_key(data: bytes, origin: str, passphrase: str | None) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    secret = passphrase.encode() if passphrase else None
    is_locked = b"ENCRYPTED" in data
    if is_locked and secret is None:
        raise SettingsError(
            (f"`c2pa.key`: the key in {origin} is locked with a passphrase",),
            hint=f"set the environment variable {C2PA_PASSPHRASE}",
        )
    try:
        return serialization.load_pem_private_key(data, secret if is_locked else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        pass  # what the library says of it can hold parts of the key
    problem = f"is not opened by the passphrase in {C2PA_PASSPHRASE}" if is_locked else "is no private key in PEM form"
    raise SettingsError(
        (f"`c2pa.key`: the key in {origin} {problem}",), hint="correct it, or remove `c2pa.certificate`"
    )


def _algorithm(key: Any, origin: str) -> str:
    """Return C2PA's name of the algorithm of a key."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    match key:
        case ed25519.Ed25519PrivateKey():
            return "ed25519"
        case rsa.RSAPrivateKey() if key.key_size >= 2048:
            return "ps256"
        case ec.EllipticCurvePrivateKey() if key.curve.name in _CURVES:
            return _CURVES[key.curve.name]
    raise SettingsError(
        (f"`c2pa.key`: C2PA does not sign with the kind of key in {origin}",),
        hint="use one of P-256, P-384, P-521, Ed25519, or RSA with 2048 bits or more",
    )


_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
