"""Certificates made for one test run: nobody trusts them, and nothing of them is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = timedelta(days=1)
_UNUSED = (
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "encipher_only",
    "decipher_only",
)


class Signing(NamedTuple):
    """``chain``: certificates of the signer and the root, PEM; ``root``: that of the root; ``key``: the signer's."""

    chain: bytes
    root: bytes
    key: Any

    def pem(self, passphrase: bytes = b"") -> bytes:
        """Return the key, locked with a passphrase."""
        lock: Any = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        return bytes(self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock))


@cache
def signing(*, days: int = 30, usages: tuple[Any, ...] = (ExtendedKeyUsageOID.EMAIL_PROTECTION,)) -> Signing:
    """Return a signer that is valid for some days; one of less than none has expired."""
    now = datetime.now(UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def named(words: str) -> x509.Name:
        organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "T")
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words), organization])

    def certificate(subject: str, public: Any, *, ca: bool) -> x509.Certificate:
        usage = x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **dict.fromkeys(_UNUSED, False))
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(subject))
            .issuer_name(named("Root"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 90 * _DAY)
            .not_valid_after(now + (60 if ca else days) * _DAY)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        )
        if not ca and usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage([*usages]), critical=False)
        return builder.sign(root_key, hashes.SHA256())

    root = certificate("Root", root_key.public_key(), ca=True).public_bytes(serialization.Encoding.PEM)
    own = certificate("Signer", key.public_key(), ca=False).public_bytes(serialization.Encoding.PEM)
    return Signing(own + root, root, key)
