"""Upload a site's register and the image files that it names: to a bucket, or to a folder such as a share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from imageseo.model.errors import SiteError
from imageseo.model.progress import Progress
from imageseo.pipeline.reporting.asset_register import AssetRegister
from imageseo.storage.remote import Remote
from imageseo.storage.remote_errors import RemoteError
from imageseo.storage.remote_system import RemoteLimits, redacted, validated_url
from imageseo.storage.shared.places import FolderPlace, StorePlace
from imageseo.storage.site_folder import SiteFolder

OPTION = "--to"
MANIFEST = "imageseo-uploads.json"
"""Path of a file -> digest of the bytes that were uploaded; written last, so that it never names what is not there."""
_MAX_MANIFEST = 256 * 2**20


@dataclass(frozen=True, slots=True)
class UploadResult:
    """Number of files that were uploaded, and of those that the place had already."""

    uploaded: int
    unchanged: int


def open_target(target: str) -> tuple[StorePlace, str]:
    """Return the place that a URL or folder names, and its name for messages. Raises SettingsError."""
    if "://" not in target and "::" not in target:
        return FolderPlace(Path(target).expanduser()), target
    url = validated_url(target, OPTION)
    if url.startswith("file://"):
        return FolderPlace(Path(url2pathname(urlsplit(url).path))), target
    return Remote(url, RemoteLimits(), OPTION), redacted(url)


def upload(
    register: AssetRegister, texts: Mapping[str, str], root: Path, target: str, *, progress: Progress
) -> UploadResult:
    """Upload what has changed since the last upload to this place; nothing is removed there.

    ``texts``: name -> text of the register's own files. ``root``: of the built site. Raises SettingsError, and
    SiteError if the place cannot be read or written.
    """
    place, name = open_target(target)
    folder = SiteFolder(root)
    files = dict(sorted(_files(register)))
    try:
        known = _read_manifest(place)
        changed = [path for path, digest in files.items() if known.get(f"files/{path}") != digest]
        present = dict(known)
        with progress.task("Uploading images", len(changed), len(changed)) as step:
            for path in changed:
                data = folder.read(path)
                place.write(f"files/{path}", data)
                present[f"files/{path}"] = hashlib.sha256(data).hexdigest()
                step.advance(1, 1)
        count = len(changed)
        for own, text in texts.items():
            digest = hashlib.sha256(text.encode()).hexdigest()
            if known.get(own) != digest:
                place.write(own, text.encode())
                present[own] = digest
                count += 1
        if present != known:
            place.write(MANIFEST, _as_json(present))
    except RemoteError as error:
        raise SiteError(f"{OPTION} {name}: {error.message}", hint=error.hint) from None
    except OSError as error:
        raise SiteError(f"an image of {root} cannot be read: {error.strerror or error}", hint="build again") from error
    return UploadResult(count, len(files) + len(texts) - count)


def _files(register: AssetRegister) -> Iterator[tuple[str, str]]:
    for asset in register.assets:
        yield asset.file, asset.sha256
        yield from ((each.file, each.sha256) for each in asset.variants)


def _read_manifest(place: StorePlace) -> dict[str, str]:
    """Return what is known of a place; nothing for a damaged manifest: then all files are uploaded."""
    data = place.fetch(MANIFEST, _MAX_MANIFEST)
    try:
        found = json.loads(data or b"{}").get("files", {})
        return {str(path): str(digest) for path, digest in found.items()}
    except (ValueError, AttributeError):
        return {}


def _as_json(files: Mapping[str, str]) -> bytes:
    return (json.dumps({"version": 1, "files": dict(sorted(files.items()))}, indent=1) + "\n").encode()
