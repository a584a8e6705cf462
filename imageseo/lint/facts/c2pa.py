"""C2PA manifests of image files, checked by c2pa-python where it is installed (the ``c2pa`` extra)."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
}
# What a signature by nobody that this machine knows is called; whether to trust a signer is no question of validity.
_TRUST = ("signingCredential.untrusted", "timeStamp.untrusted", "signingCredential.ocsp")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestStatus:
    """``problems``: codes of C2PA's validation that failed, each with its words; none for a valid manifest."""

    problems: tuple[tuple[str, str], ...] = ()


class ContentCredentials:
    """The manifests of a site's files. Nothing is fetched: no remote manifests, no revocation lists."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, ManifestStatus] = {}

    @property
    def available(self) -> bool:
        """Whether they can be checked here."""
        return importlib.util.find_spec("c2pa") is not None

    def check(self, path: str) -> ManifestStatus | None:
        """What is wrong with the manifest of a file; None when nobody here can tell."""
        if not self.available:
            return None
        if path not in self._known:
            self._known[path] = self._check(path)
        return self._known[path]

    def _check(self, path: str) -> ManifestStatus:
        from c2pa import C2paError, Context, Reader, Settings

        offline = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": False}}
        kind = _TYPES.get(path.rpartition(".")[2].lower(), "image/jpeg")
        try:
            with (
                Context(Settings.from_dict(offline)) as context,
                (self._root / path).open("rb") as file,
                Reader(kind, file, context=context) as reader,
            ):
                said = json.loads(reader.json())
        except C2paError as error:
            return ManifestStatus(problems=(("unreadable", _short(str(error))),))
        except (OSError, ValueError) as error:
            return ManifestStatus(problems=(("unreadable", _short(str(error))),))
        return ManifestStatus(problems=tuple(_failures(said)))


def _failures(said: Any) -> list[tuple[str, str]]:
    """What failed of the manifest in force, in order, each once."""
    results = said.get("validation_results") or {}
    failed = (results.get("activeManifest") or {}).get("failure") or said.get("validation_status") or []
    found = {
        str(each.get("code")): _short(str(each.get("explanation") or "")) for each in failed if isinstance(each, dict)
    }
    return [(code, why) for code, why in found.items() if not code.startswith(_TRUST)]


def _short(text: str) -> str:
    return " ".join(text.split())[:160]
