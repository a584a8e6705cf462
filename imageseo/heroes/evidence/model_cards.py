"""A card of each model that pinned heroes were made with: its licence, its limits and the hashes of its files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from imageseo.config.policy import PolicySettings
from imageseo.heroes.policy.weights import Weights, weights_of
from imageseo.model import regular_file
from imageseo.model.errors import SiteError
from imageseo.model.hero import Pin
from imageseo.storage.atomic import write_if_changed

FOLDER = "models"
"""Below the folder of masters, or `heroes` if they are in a bucket."""
_MAX_LIMITS, _MAX_CARD = 2000, 2**18  # characters, bytes
_HEADING = re.compile(
    r"^#+ .*(?:limitation|out[- ]of[- ]scope|misuse|bias|intended use).*$", re.IGNORECASE | re.MULTILINE
)
_HEADER = "# Written by `imageseo generate`: a model that pinned heroes were made with.\n"


@dataclass(slots=True, kw_only=True)
class ModelCard:
    """``files``: digest of the weights -> their role (``model``, ``loras``); several if a model has changed."""

    name: str
    provider: str
    licence: str
    source: str
    commercial: bool
    limits: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Return the name of its file, ASCII."""
        slug = re.sub(r"[^a-z0-9]+", "-", f"{self.provider} {self.name}".lower()).strip("-")
        return f"{slug[:80].strip('-') or 'model'}.toml"

    def as_toml(self) -> str:
        """Return the text of the card; the same on every machine with the same lock file and model cards."""
        commercial = "unknown" if not self.licence else "yes" if self.commercial else "no"
        values = {
            "name": self.name,
            "provider": self.provider,
            "license": self.licence or "unknown",
            "license_source": self.source or "nothing states it: name it in `policy.weights`",
            "commercial_use": commercial,
            "limits": self.limits or "its own card states none",
        }
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
        hashes = [f"{json.dumps(digest)} = {json.dumps(role)}" for digest, role in sorted(self.files.items())]
        return _HEADER + "\n".join([*lines, "", "[files]", *hashes]).replace("\x7f", "\\u007f") + "\n"


def cards(pins: Iterable[Pin], policy: PolicySettings, project: Path) -> list[ModelCard]:
    """Return the cards of all models of these pins, by the names of their files."""
    found: dict[str, ModelCard] = {}
    for pin in pins:
        for weights in weights_of(pin.recipe.options, policy.weights, pin.models, project):
            card = _card(pin, weights, project)
            card = found.setdefault(card.file, card)
            card.files.update(dict.fromkeys(_digests(pin.models, weights), weights.role))
    return [found[name] for name in sorted(found)]


def write(folder: Path, made: Iterable[ModelCard]) -> None:
    """Write the cards; unchanged ones stay, and so do those of models that are no longer used. Raises SiteError."""
    for card in made:
        try:
            write_if_changed(folder / card.file, card.as_toml().encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise SiteError(
                f"{folder / card.file}: cannot be written: {error.strerror or error}",
                hint="Check permissions and free disk space, and run again; no image is lost.",
            ) from error


def _card(pin: Pin, weights: Weights, project: Path) -> ModelCard:
    return ModelCard(
        name=weights.name,
        provider=pin.recipe.provider,
        licence=weights.licence,
        source=weights.source,
        commercial=weights.commercial,
        limits=_limits(project / weights.name),
    )


def _digests(models: Mapping[str, str], weights: Weights) -> list[str]:
    """Return the digests of the files of some weights. Roles are ``model``, or ``lora:paper.safetensors``."""
    exact = models.get(weights.role) or models.get(weights.name)
    if exact is not None:
        return [exact]
    name = weights.name.rpartition("/")[2]
    return [digest for role, digest in sorted(models.items()) if role.rpartition(":")[2] in (name, weights.name)]


def _limits(folder: Path) -> str:
    """Return what a model's own card says about its limits."""
    try:
        text = regular_file.begin(folder / "README.md", _MAX_CARD).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""
    parts = []
    for match in _HEADING.finditer(text):
        section = re.split(r"^#+ ", text[match.end() :], maxsplit=1, flags=re.MULTILINE)[0]
        parts.append(" ".join(section.split()))
    return " ".join(filter(None, parts))[:_MAX_LIMITS]
