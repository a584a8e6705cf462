"""The evidence of one page: files for an auditor, always the same bytes for the same project."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from imageseo.config.policy import PolicySettings
from imageseo.heroes.audit.examine import committed
from imageseo.heroes.audit.log import MAX_BYTES
from imageseo.heroes.audit.verify import verify
from imageseo.heroes.evidence.model_cards import cards
from imageseo.heroes.evidence.requirements import missing, risk_of
from imageseo.heroes.lock import serializer
from imageseo.heroes.lock.rights import as_table
from imageseo.model import regular_file
from imageseo.model.hero import HeroTerms, Pin
from imageseo.model.protocols import MasterStore

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date of a ZIP file
_README = """Evidence for the hero of {page}, made by imageseo {version}

lock-entry.toml         the entry of imageseo.lock: recipe, hashes, rights, approvals
recipe.json             the recipe, and where its prompt comes from
master.json             the hash that is pinned, and that of the file
approvals.json          who approved this image, and what its risk class needs
rights.json             rights, licence, consent and usage
models/                 a card of each model: licence, limits, hashes
policy.json             the policy in force when this was made
published.json          published files that show it, with their metadata (with --site)
audit/page.jsonl        the lines of the audit log about this page
audit/log.jsonl         the whole log: each line names the hash of the line before it
audit/verification.json whether every line is as it was written

To verify a line yourself: the SHA-256 of all that stands before ,"hash" is the hash that it names.
{problems}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """``files``: name -> bytes. ``problems``: what does not hold, a line each."""

    page: str
    files: Mapping[str, bytes]
    problems: tuple[str, ...] = ()

    def as_zip(self) -> bytes:
        """Return a ZIP file without times and compression: equal on every machine."""
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(self.files):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.create_system, entry.external_attr = 3, 0o644 << 16
                archive.writestr(entry, self.files[name])
        return stream.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """A published file. ``metadata``: what it says of its rights and how it came to be."""

    file: str
    sha256: str
    bytes: int
    width: int
    height: int
    metadata: Mapping[str, str]


def collect(
    pin: Pin,
    *,
    terms: HeroTerms,
    policy: PolicySettings,
    project: Path,
    vault: MasterStore,
    log: Path,
    published: Sequence[PublishedFile] | None = None,
    version: str = "",
) -> Evidence:
    """Collect the evidence of a pinned hero. ``log``: the audit log. ``published``: None if no site was named.

    Raises LockError if masters are unreachable.
    """
    problems = list(missing(pin, terms, policy))
    digest = vault.digest(pin.file)
    if digest != pin.file_sha256:
        problems.append(f"the master {pin.file} is {'missing' if digest is None else 'not the pinned file'}")
    risk = risk_of(terms, policy)
    files: dict[str, Any] = {
        "lock-entry.toml": serializer.dump([pin]),
        "recipe.json": {
            "recipe": json.loads(pin.recipe.canonical),
            "recipe_hash": pin.recipe_hash,
            "made": dict(pin.made),
            "env": dict(pin.env),
        },
        "master.json": {"file": pin.file, "pinned": pin.file_sha256, "found": digest, "pixels": pin.pixels_sha256},
        "approvals.json": {
            "approved": [dict(each) for each in pin.approved],
            "checks": dict(pin.checks),
            "risk": risk[0] if risk else None,
            "needs": to_builtins(risk[1]) if risk else {},
        },
        "rights.json": {
            **as_table(pin.rights),
            "owner": pin.owner,
            "digital_source_type": pin.digital_source_type,
            "terms": asdict(terms),
        },
        "policy.json": to_builtins(policy),
    }
    for card in cards([pin], policy, project):
        files[f"models/{card.file}"] = card.as_toml()
    if published is not None:
        files["published.json"] = [asdict(each) for each in published]
        problems += [] if published else ["no published file of this hero was found in the site"]
    files |= _audit(pin, log, problems)
    lines = "".join(f"\nNot in order: {each}" for each in problems)
    files["README.txt"] = _README.format(page=pin.page, version=version, problems=f"{lines}\n" if lines else "")
    data = {name: _bytes(value) for name, value in files.items()}
    return Evidence(page=pin.page, files=data, problems=tuple(problems))


def _audit(pin: Pin, path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        data = regular_file.read(path, limit=MAX_BYTES)
    except OSError:
        problems.append("there is no audit log")
        return {}
    log = verify(data, committed=committed(path))
    problems += [f"audit log, line {fault.line}: {fault.message}" for fault in log.faults]
    problems += ["audit log: its last line is torn"] if log.torn else []
    about = [line for _, line in log.lines if line.values.get("page") == pin.page]
    if not any(line.values.get("image") == pin.file_sha256 for line in about):
        problems.append("no line of the audit log is about the pinned image")
    return {
        "audit/log.jsonl": data,
        "audit/page.jsonl": b"".join(line.body + f',"hash":"{line.hash}"}}\n'.encode() for line in about),
        "audit/verification.json": {
            "lines": len(log.lines),
            "intact": log.intact,
            "ends": sorted(log.ends),
            "faults": [asdict(fault) for fault in log.faults],
        },
    }


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace")
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8", "backslashreplace")


def describe(evidence: Evidence, place: str) -> str:
    """Return the lines for the user. ``place``: where the evidence was written."""
    lines = [f"{evidence.page}: {len(evidence.files)} files of evidence in {place}"]
    lines += [f"  not in order: {each}" for each in evidence.problems]
    return "\n".join(lines) + "\n"
