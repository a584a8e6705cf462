"""Validation of C2PA manifests in image files by c2pa-python, if installed (the ``c2pa`` extra)."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imageseo.storage.site_folder import SiteFolder

_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
}
# Codes for an unknown signer; a manifest is valid whether or not its signer is trusted.
_TRUST_CODES = ("signingCredential.untrusted", "timeStamp.untrusted", "signingCredential.ocsp")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestStatus:
    """Result of a validation. ``problems``: C2PA's failure codes with their explanations; none for a valid manifest."""

    problems: tuple[tuple[str, str], ...] = ()


class ContentCredentials:
    """The manifests of a site's files. Nothing is fetched: no remote manifests, no revocation lists."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._statuses: dict[str, ManifestStatus] = {}

    @property
    def available(self) -> bool:
        """Whether c2pa-python is installed."""
        return importlib.util.find_spec("c2pa") is not None

    def check(self, path: str) -> ManifestStatus | None:
        """Validate the manifest of a file; None if c2pa-python is not installed."""
        if not self.available:
            return None
        if path not in self._statuses:
            self._statuses[path] = self._check(path)
        return self._statuses[path]

    def _check(self, path: str) -> ManifestStatus:
        from c2pa import C2paError, Context, Reader, Settings

        offline = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": False}}
        kind = _TYPES.get(path.rpartition(".")[2].lower(), "image/jpeg")
        try:
            with (
                Context(Settings.from_dict(offline)) as context,
                SiteFolder(self._root).open(path) as file,
                Reader(kind, file, context=context) as reader,
            ):
                report = json.loads(reader.json())
        except C2paError as error:
            return ManifestStatus(problems=(("unreadable", _shorten(str(error))),))
        except (OSError, ValueError, RecursionError) as error:
            return ManifestStatus(problems=(("unreadable", _shorten(str(error))),))
        return ManifestStatus(problems=tuple(_failures(report)))


def _failures(report: Any) -> list[tuple[str, str]]:
    """Return the failures of the active manifest, in order, each code once."""
    results = report.get("validation_results") or {}
    failed = (results.get("activeManifest") or {}).get("failure") or report.get("validation_status") or []
    found = {
        str(each.get("code")): _shorten(str(each.get("explanation") or "")) for each in failed if isinstance(each, dict)
    }
    return [(code, why) for code, why in found.items() if not code.startswith(_TRUST_CODES)]


def _shorten(text: str) -> str:
    return " ".join(text.split())[:160]
