"""Model files: found in the project or the hub's cache, checked before anything loads them, hashed once."""

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
from imageseo.model.errors import ProviderError
from imageseo.storage.atomic import write_atomic

_HUB = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)@(?P<commit>[0-9a-f]{40})")
_LIKE_HUB = re.compile(r"[\w-][\w.-]*/[\w.-]+(?:@.*)?")


@dataclass(slots=True, kw_only=True)
class Files:
    """What a recipe names, as files. ``cache``: where digests are remembered. ``offline``: the hub is never asked."""

    project: Path
    cache: Path
    offline: bool = True
    _digests: dict[str, str] | None = field(default=None, repr=False)

    def path(self, key: str, value: str) -> Path:
        """The file or folder that an option names, relative to the project or absolute. ProviderError: not there.

        ``key``: the option, for the message.
        """
        path = Path(value).expanduser()
        path = path if path.is_absolute() else self.project / path
        if not path.exists():
            raise ProviderError(
                f"`{key}`: there is no {value!r} (looked in {path.parent})",
                hint="Paths are relative to the project's folder.",
            )
        return path

    def folder(self, key: str, value: str) -> Path:
        """A model's folder: of the project, absolute, or ``org/name@<commit>`` in the hub's cache.

        Nothing is fetched while ``offline``; otherwise what is missing of a hub's model is. Raises ProviderError.
        """
        match = _HUB.fullmatch(value)
        if match is not None:
            return self._snapshot(key, match["repo"], match["commit"])
        path = Path(value).expanduser()
        path = path if path.is_absolute() else self.project / path
        if path.is_dir():
            return path
        if path.exists():
            raise ProviderError(f"`{key}`: {value!r} is a file, not a model's folder", hint=_ONE_FILE)
        if _LIKE_HUB.fullmatch(value) and not path.parent.is_dir():
            raise ProviderError(
                f"`{key}`: there is no folder {value!r}, and a model of the hub needs its commit",
                hint=f"Write `{value.partition('@')[0]}@<commit>` with the 40 hex digits of the commit to pin.",
            )
        raise ProviderError(
            f"`{key}`: there is no model folder {value!r} (looked in {path.parent})",
            hint="A folder as `save_pretrained` writes it, relative to the project; or `org/name@<commit>` of the hub.",
        )

    def weights(self, key: str, value: str) -> Path:
        """One file of weights, whole and .safetensors. Raises ProviderError for any other, and a truncated one."""
        path = self.path(key, value)
        if not path.is_file() or path.suffix != ".safetensors":
            raise ProviderError(
                f"`{key}`: expected a .safetensors file, found {value!r}",
                hint="Other formats can run code when they are loaded. Convert it, or take its .safetensors edition.",
            )
        model_checks.check_weights(path, key)
        return path

    def digest(self, path: Path) -> str:
        """``sha256:…`` of a file, or of a folder's files that matter: a hash over their sorted relative paths.

        Remembered by size, time of change and inode, so that gigabytes are read once.
        """
        if path.is_file():
            return "sha256:" + self._digest(path)
        tree = hashlib.sha256()
        for file in model_checks.loaded_files(path):
            tree.update(f"{file.relative_to(path).as_posix()}\0{self._digest(file)}\n".encode())
        return "sha256:" + tree.hexdigest()

    def _digest(self, file: Path) -> str:
        try:
            stat = file.stat()
            key = f"{file.resolve()}|{stat.st_size}|{stat.st_mtime_ns}|{stat.st_ino}"
            known = self._known()
            if key not in known:
                with file.open("rb") as stream:
                    known[key] = hashlib.file_digest(stream, "sha256").hexdigest()
                self._remember(known)
            return known[key]
        except OSError as error:
            raise ProviderError(f"{file}: cannot be read: {error.strerror or error}") from error

    def _known(self) -> dict[str, str]:
        if self._digests is None:
            self._digests = {}
            with suppress(OSError, ValueError):
                found = json.loads(self._memory.read_bytes())
                if isinstance(found, dict):
                    self._digests = {key: each for key, each in found.items() if isinstance(each, str)}
        return self._digests

    def _remember(self, known: Mapping[str, str]) -> None:
        with suppress(OSError):  # only a faster next time is lost
            write_atomic(self._memory, json.dumps(known, indent=0, sort_keys=True).encode())

    @property
    def _memory(self) -> Path:
        return self.cache / "diffusers" / "digests.json"

    def _snapshot(self, key: str, repo: str, commit: str) -> Path:
        folder = hub_cache() / f"models--{repo.replace('/', '--')}" / "snapshots" / commit
        if not self.offline and not _whole(folder, key):
            folder = _fetched(key, repo, commit, folder)
        if not folder.is_dir():
            raise ProviderError(
                f"`{key}`: {repo} at {commit[:10]}… is not in the hub's cache ({hub_cache()})",
                hint=f"Fetch it once: `hf download {repo} --revision {commit}`; "
                "or set `providers.diffusers.offline = false` to let imageseo do it.",
            )
        return folder


_ONE_FILE = "Unpack a single-file checkpoint once: `StableDiffusionPipeline.from_single_file(…).save_pretrained(…)`."


def hub_cache() -> Path:
    """Where the hub's client keeps what it fetched: HF_HUB_CACHE, or below HF_HOME or XDG_CACHE_HOME."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(name):
            return Path(os.environ[name]).expanduser()
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface"
    return Path(os.environ.get("HF_HOME") or base).expanduser() / "hub"


def _whole(folder: Path, key: str) -> bool:
    """Whether nothing is left to fetch: then the network is not asked, online or not."""
    try:
        if (folder / "model_index.json").is_file():
            model_checks.check_model(folder, key)
        else:
            model_checks.check_part(folder, key)
    except (ProviderError, OSError):
        return False
    return True


def _fetched(key: str, repo: str, commit: str, folder: Path) -> Path:
    """The snapshot, with what was missing of it fetched. Only files that are loaded: never code, never pickles."""
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
    except Exception as error:  # the client raises dozens of kinds
        if folder.is_dir():
            return folder
        said = " ".join(str(error).split())[:300]
        raise ProviderError(
            f"`{key}`: {repo} at {commit[:10]}… cannot be fetched: {type(error).__name__}: {said}",
            hint="Check the name, the commit and the network; a gated model needs `hf auth login` first.",
        ) from error
