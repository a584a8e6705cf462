"""Sign published files: a manifest that says how the image was made, as the last thing written into a file."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from typing import Any

from imageseo import __version__
from imageseo.images.credentials.identity import SigningIdentity
from imageseo.model.errors import ProviderError
from imageseo.model.image import Rights
from imageseo.model.protocols import Store

_VERSION = 1
_MARK = b"c2pa"
_QUIET = {
    "builder": {"thumbnail": {"enabled": False}},  # else a JPEG grows by 48 KB
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": False},
}


@dataclass(frozen=True)
class Signer:
    """Signs files with one identity."""

    identity: SigningIdentity

    @property
    def version(self) -> str:
        """What decides on a manifest besides the file: for keys of a store."""
        return f"c2pa {_VERSION} {self.identity.digest}"

    def sign(self, data: bytes, kind: str, *, rights: Rights, source: bytes, source_kind: str) -> bytes:
        """Return a file (``kind``: its media type) with a manifest. Raises ProviderError.

        ``source``: the file that it was made from. It becomes the parent if it has a manifest itself, or if the
        digital source type of the image is unknown: then nothing can be said of how it was created.
        """
        from c2pa import Builder, C2paBuilderIntent, C2paError, Context, Settings

        has_parent = rights.digital_source_type is None or has_manifest(source)
        signed = io.BytesIO()
        try:
            with (
                Context(Settings.from_dict(_QUIET)) as context,
                self._signer() as signer,
                Builder(json.dumps(_manifest(rights, has_parent=has_parent)), context=context) as builder,
            ):
                if has_parent:
                    builder.set_intent(C2paBuilderIntent.EDIT)
                    parent = json.dumps({"title": "source", "relationship": "parentOf"})
                    builder.add_ingredient(parent, source_kind, io.BytesIO(source))
                builder.sign(signer, kind, io.BytesIO(data), signed)
        except C2paError as error:
            where = f" (time stamps by {self.identity.timestamp})" if self.identity.timestamp else ""
            raise ProviderError(
                f"Content Credentials cannot be signed{where}: {str(error).splitlines()[0][:300]}",
                hint="correct the settings of `c2pa`, or remove `c2pa.certificate`",
            ) from error
        return signed.getvalue()

    def _signer(self) -> Any:
        from c2pa import C2paSignerInfo, C2paSigningAlg
        from c2pa import Signer as NativeSigner

        identity = self.identity
        info = C2paSignerInfo(
            alg=C2paSigningAlg[identity.algorithm.upper()],
            sign_cert=identity.chain,
            private_key=identity.key,
            ta_url=identity.timestamp.encode() if identity.timestamp else None,
        )
        return NativeSigner.from_info(info)


def sign_once(store: Store, signer: Signer, data: bytes, kind: str, rights: Rights, source: tuple[bytes, str]) -> bytes:
    """Return a signed file from the store, else sign it. ``source``: what it was made from, and its media type."""
    parts = (data, signer.version.encode(), repr(rights).encode(), source[0])
    key = hashlib.sha256(b"signed" + b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    stored = store.find(key)
    signed = store.read(stored) if stored is not None else None
    if signed is None:
        signed = signer.sign(data, kind, rights=rights, source=source[0], source_kind=source[1])
        store.put(key, signed)
    return signed


def has_manifest(data: bytes) -> bool:
    """Whether a file may have a manifest: a label of C2PA's boxes near its start or end."""
    return b"jumb" in data and _MARK in data


def _manifest(rights: Rights, *, has_parent: bool) -> dict[str, Any]:
    """Return the claims. The intent of an edit adds that the parent was opened."""
    created = {"action": "c2pa.created", "digitalSourceType": rights.digital_source_type}
    action = {"action": "c2pa.edited", "description": "resized and encoded for the web"} if has_parent else created
    if has_parent and rights.digital_source_type is not None:
        action["digitalSourceType"] = rights.digital_source_type
    return {
        "claim_generator_info": [{"name": "imageseo", "version": __version__}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }
