"""Locate model files in the project or the hub's cache, check them before loading, and hash them once."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from imageseo.heroes.providers.diffusion import model_checks
from imageseo.model import regular_file
from imageseo.model.errors import ProviderError
from imageseo.storage.atomic import write_atomic

_HUB = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)@(?P<commit>[0-9a-f]{40})")
_HUB_NAME = re.compile(r"[\w-][\w.-]*/[\w.-]+(?:@.*)?")


@dataclass(slots=True, kw_only=True)
class ModelFiles:
    """Resolves paths of a recipe. ``cache``: folder of the digest cache. ``offline``: never access the hub.

    ``mirrors``: model of the hub -> ``folder`` with a copy of it and the ``sha256`` of its files.
    """

    project: Path
    cache: Path
    offline: bool = True
    mirrors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    _digests: dict[str, str] | None = field(default=None, repr=False)

    def path(self, key: str, value: str) -> Path:
        """Resolve a path, relative to the project or absolute. Raises ProviderError if it does not exist.

        ``key``: the option that names it, for the message.
        """
        path = Path(value).expanduser()
        path = path if path.is_absolute() else self.project / path
        if not path.exists():
            raise ProviderError(
                f"`{key}`: there is no {value!r} (looked in {path.parent})",
                hint="use a path relative to the project folder",
            )
        return path

    def folder(self, key: str, value: str) -> Path:
        """Resolve a model folder: relative to the project, absolute, or ``org/name@<commit>`` in the hub's cache.

        Unless ``offline``, missing files of a hub model are downloaded. Raises ProviderError.
        """
        match = _HUB.fullmatch(value)
        if match is not None:
            return self._snapshot(key, match["repo"], match["commit"])
        path = Path(value).expanduser()
        path = path if path.is_absolute() else self.project / path
        if path.is_dir():
            return path
        if path.exists():
            raise ProviderError(f"`{key}`: {value!r} is a file, not a model folder", hint=_ONE_FILE)
        if _HUB_NAME.fullmatch(value) and not path.parent.is_dir():
            raise ProviderError(
                f"`{key}`: there is no folder {value!r}, and a model of the hub needs a commit",
                hint=f"write `{value.partition('@')[0]}@<commit>` with all 40 hexadecimal digits of the commit",
            )
        raise ProviderError(
            f"`{key}`: there is no model folder {value!r} (looked in {path.parent})",
            hint="use a folder of `save_pretrained`, relative to the project, or `org/name@<commit>` of the hub",
        )

    def weights(self, key: str, value: str) -> Path:
        """Resolve a complete .safetensors file. Raises ProviderError for other formats and truncated files."""
        path = self.path(key, value)
        if not path.is_file() or path.suffix != ".safetensors":
            raise ProviderError(
                f"`{key}`: expected a .safetensors file, found {value!r}",
                hint="convert it, or use its .safetensors edition: other formats can run code when loaded",
            )
        model_checks.check_weights(path, key)
        return path

    def digest(self, path: Path) -> str:
        """Return ``sha256:…`` of a file, or of a folder's loaded files: a hash over their sorted relative paths.

        Cached by size, modification time and inode, so that gigabytes are read only once.
        """
        if path.is_file():
            return "sha256:" + self._digest(path)
        total = hashlib.sha256()
        for file in model_checks.loaded_files(path):
            total.update(f"{file.relative_to(path).as_posix()}\0{self._digest(file)}\n".encode())
        return "sha256:" + total.hexdigest()

    def _digest(self, file: Path) -> str:
        try:
            stat = file.stat()
            key = f"{file.resolve()}|{stat.st_size}|{stat.st_mtime_ns}|{stat.st_ino}"
            digests = self._load_digests()
            if key not in digests:
                with regular_file.open_binary(file) as stream:
                    digests[key] = hashlib.file_digest(stream, "sha256").hexdigest()
                self._save_digests(digests)
            return digests[key]
        except OSError as error:
            raise ProviderError(f"{file}: cannot be read: {error.strerror or error}") from error

    def _load_digests(self) -> dict[str, str]:
        if self._digests is None:
            self._digests = {}
            with suppress(OSError, ValueError):
                data = json.loads(regular_file.read(self._cache_file))
                if isinstance(data, dict):
                    self._digests = {key: each for key, each in data.items() if isinstance(each, str)}
        return self._digests

    def _save_digests(self, digests: Mapping[str, str]) -> None:
        with suppress(OSError):  # without the cache, files are only hashed again
            write_atomic(self._cache_file, json.dumps(digests, indent=0, sort_keys=True).encode())

    @property
    def _cache_file(self) -> Path:
        return self.cache / "diffusers" / "digests.json"

    def _mirrored(self, key: str, model: str, mirror: Mapping[str, str]) -> Path:
        """Return the copy of a model. Raises ProviderError if there is none, or if it is not the same model."""
        folder = self.folder(key, mirror["folder"])
        found = self.digest(folder)
        if found != mirror["sha256"]:
            raise ProviderError(
                f"`{key}`: {mirror['folder']} is no copy of {model}: its files are {found[:19]}…, "
                f"not {mirror['sha256'][:19]}…",
                hint="restore the copy, or correct `sha256` in providers.diffusers.mirrors",
            )
        return folder

    def _snapshot(self, key: str, repo: str, commit: str) -> Path:
        folder = hub_cache() / f"models--{repo.replace('/', '--')}" / "snapshots" / commit
        mirror = self.mirrors.get(f"{repo}@{commit}")
        if mirror is not None and not _is_complete(folder, key):
            return self._mirrored(key, f"{repo}@{commit}", mirror)
        if not self.offline and not _is_complete(folder, key):
            folder = _download(key, repo, commit, folder)
        if not folder.is_dir():
            raise ProviderError(
                f"`{key}`: {repo} at {commit[:10]}… is not in the hub's cache ({hub_cache()})",
                hint=f"download it once: `hf download {repo} --revision {commit}`; "
                "or set `providers.diffusers.offline = false` to let imageseo download it",
            )
        return folder


_ONE_FILE = (
    "use a folder of `save_pretrained`; for `model` also one .safetensors file: other formats can run code when loaded"
)


def hub_cache() -> Path:
    """Return the cache folder of the hub's client: HF_HUB_CACHE, or below HF_HOME or XDG_CACHE_HOME."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(name):
            return Path(os.environ[name]).expanduser()
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface"
    return Path(os.environ.get("HF_HOME") or base).expanduser() / "hub"


def _is_complete(folder: Path, key: str) -> bool:
    """Whether the folder is complete: then the network is not accessed."""
    try:
        if (folder / "model_index.json").is_file():
            model_checks.check_model(folder, key)
        else:
            model_checks.check_component(folder, key)
    except (ProviderError, OSError):
        return False
    return True


def _download(key: str, repo: str, commit: str, folder: Path) -> Path:
    """Download missing files of a snapshot. Only files that are loaded: no code, no pickles."""
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(
                repo,
                revision=commit,
                cache_dir=str(hub_cache()),
                allow_patterns=[
                    *("model_index.json", "config.json", "diffusion_pytorch_model*.safetensors*"),
                    *("*/*.json", "*/*.safetensors", "*/*.txt", "*/*.model", "*/*.jinja"),
                ],
            )
        )
    except Exception as error:  # the client raises dozens of exception types
        if folder.is_dir():
            return folder
        detail = " ".join(str(error).split())[:300]
        raise ProviderError(
            f"`{key}`: {repo} at {commit[:10]}… cannot be downloaded: {type(error).__name__}: {detail}",
            hint="check name, commit and network; a gated model needs `hf auth login` first",
        ) from error
