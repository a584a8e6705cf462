"""Licences of model weights: of the code that runs them nothing follows, and many good models are non-commercial."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from imageseo.model import regular_file

_KNOWN = (
    (r"flux\W?1?\W?1?\W?schnell", "Apache-2.0"),
    (r"flux\W?2?\W?klein\W?4b", "Apache-2.0"),
    (r"flux", "FLUX Non-Commercial License"),
    (r"sd(?:xl)?[\W_]?turbo|stable[\W_]cascade", "Stability Non-Commercial Research License"),
    (r"stable[\W_]?diffusion[\W_]?3|\bsd[\W_]?3", "Stability AI Community License"),
    (r"sdxl|stable[\W_]?diffusion[\W_]?xl", "CreativeML OpenRAIL++-M"),
    (r"stable[\W_]?diffusion[\W_]?v?2|\bsd[\W_]?2", "CreativeML OpenRAIL++-M"),
    (r"stable[\W_]?diffusion[\W_]?v?1|\bsd[\W_]?1", "CreativeML OpenRAIL-M"),
    (r"pixart", "CreativeML OpenRAIL++-M"),
    (r"qwen[\W_]?image", "Apache-2.0"),
    (r"kandinsky", "Apache-2.0"),
    (r"hidream", "MIT"),
    (r"auraflow|aura[\W_]flow", "Apache-2.0"),
    (r"\bsana\b", "NVIDIA Non-Commercial License"),
    (r"kolors", "Kolors License (registration for commercial use)"),
)
_NON_COMMERCIAL = re.compile(r"non[\W_]*commercial|\bnc\b|research|academic|evaluation", re.IGNORECASE)
_HEX = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_MAX_CARD = 2**18  # bytes
_ROLES = ("model", "vae", "refiner", "embeddings", "loras", "control", "ip_adapter", "upscale")


class Weights(NamedTuple):
    """Weights that a recipe uses. ``licence``: ``""`` if it is unknown. ``source``: where it comes from."""

    role: str
    name: str
    licence: str
    source: str

    @property
    def commercial(self) -> bool:
        return not _NON_COMMERCIAL.search(self.licence)


def weights_of(
    options: Mapping[str, Any], listed: Mapping[str, str], digests: Mapping[str, str], project: Path
) -> Iterator[Weights]:
    """Yield the weights that the options of a recipe name, with their licences.

    ``listed``: name or digest -> licence, of the settings, which come first; then the model's own card (README.md in
    its folder), then what is known of published models by their name. ``digests``: role -> digest of the files.
    """
    stated = {_key(name): licence for name, licence in listed.items()}
    for role in _ROLES:
        for name in _names(options.get(role)):
            found = next((digest for key, digest in digests.items() if key in (role, f"{role}:{name}")), "")
            licence, source = stated.get(_key(found), ""), "its hash in `policy.weights`"
            if not licence:
                licence, source = stated.get(_key(name), ""), "its name in `policy.weights`"
            if not licence:
                licence, source = _card_licence(project / name), f"{name}/README.md"
            if not licence and role == "model":
                known = (text for pattern, text in _KNOWN if re.search(pattern, name, re.IGNORECASE))
                licence, source = next(known, ""), "what is known of models of that name"
            yield Weights(role=role, name=name, licence=licence, source=source if licence else "")


def _key(name: str) -> str:
    text = name.strip()
    return text.removeprefix("sha256:").lower() if _HEX.fullmatch(text.lower()) else text.rstrip("/").casefold()


def _names(value: Any) -> Iterator[str]:
    """Yield the files and folders that an option names: a text, a table with ``model`` or ``file``, or a list."""
    if isinstance(value, str) and value.strip():
        yield value
    elif isinstance(value, Mapping):
        yield from _names(next((value[key] for key in ("model", "file", "path", "folder") if key in value), None))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _names(each)


def _card_licence(folder: Path) -> str:
    """Return the licence in the front matter of a model card, as hubs write it; ``""`` if there is none."""
    try:
        text = regular_file.begin(folder / "README.md", _MAX_CARD).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""
    head = re.match(r"---\r?\n(.*?)\r?\n---", text, re.DOTALL)
    if head is None:
        return ""
    values = dict(re.findall(r"^(license|license_name|license_link):\s*[\"']?([^\"'\r\n#]+)", head[1], re.MULTILINE))
    found = values.get("license", "").strip()
    return (values.get("license_name", "").strip() or "") if found == "other" else found
