"""The baseline: known findings of a project that do not fail, so that only new ones do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imageseo.lint.fingerprint import subject
from imageseo.model import git_lfs, regular_file
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding
from imageseo.storage.atomic import write_if_changed

VERSION = 1
_LARGEST = 500_000_000  # bytes
_KEYS = ("fingerprint", "rule", "page", "subject")
_SUBJECT = 200  # characters of a subject that are stored, for human readers


class BaselineError(ImageseoError):
    """The baseline cannot be read or written."""

    id = "baseline"
    title = "Baseline"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class BaselineEntry:
    """A known finding. ``fingerprint`` identifies it; the other fields are for human readers of the file."""

    page: str
    rule: str
    subject: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The known findings, by fingerprint."""

    entries: dict[str, BaselineEntry] = field(default_factory=dict)

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Baseline:
        """Make a baseline of findings that have fingerprints (``fingerprint.with_fingerprints``)."""
        return cls(entries={finding.fingerprint: _entry(finding) for finding in findings})

    def split(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
        """Split findings into new and known ones."""
        new: list[Finding] = []
        known: list[Finding] = []
        for finding in findings:
            (known if finding.fingerprint in self.entries else new).append(finding)
        return new, known

    def gone(self, findings: Iterable[Finding], judged: Callable[[BaselineEntry], bool]) -> list[BaselineEntry]:
        """Return the entries that no longer occur. ``judged``: whether this run covers an entry at all."""
        present = {finding.fingerprint for finding in findings}
        return sorted(entry for entry in self.entries.values() if entry.fingerprint not in present and judged(entry))

    def renewed(self, findings: Iterable[Finding], judged: Callable[[BaselineEntry], bool]) -> Baseline:
        """Return a baseline of these findings and of the entries that this run does not cover."""
        uncovered = {name: entry for name, entry in self.entries.items() if not judged(entry)}
        return Baseline(entries={**uncovered, **Baseline.of(findings).entries})


def _entry(finding: Finding) -> BaselineEntry:
    return BaselineEntry(
        page=finding.location.page,
        rule=finding.rule,
        subject=subject(finding)[:_SUBJECT],
        fingerprint=finding.fingerprint,
    )


def read(path: Path) -> Baseline | None:
    """Read the baseline in a file; None if there is no file. Raises BaselineError if it is invalid."""
    try:
        if path.stat().st_size > _LARGEST:
            raise BaselineError(
                f"{path}: larger than {_LARGEST // 10**6} MB", hint="this is not a baseline of imageseo"
            )
        text = regular_file.read_text(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BaselineError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _invalid(path, f"not UTF-8 at byte {error.start}") from error
    if git_lfs.is_pointer(text.encode()):
        raise BaselineError(git_lfs.describe(path), hint=git_lfs.PULL)
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError as error:
        raise _invalid(path, f"line {error.lineno}, column {error.colno}: expected JSON ({error.msg})") from error
    except ValueError as error:  # a number of thousands of digits
        raise _invalid(path, f"unreadable value: {error}") from error
    except RecursionError as error:
        raise _invalid(path, "brackets are nested too deeply") from error
    if not isinstance(parsed, dict):
        raise _invalid(path, f"expected an object, found {_kind(parsed)}")
    version = parsed.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise _invalid(path, f"version: expected {VERSION}, found {_kind(version)}")
    if version > VERSION:
        raise BaselineError(
            f"{path}: version {version} is not supported; this imageseo reads up to version {VERSION}",
            hint=f"a newer imageseo wrote it: update this one, or {_RECREATE}",
        )
    findings = parsed.get("findings")
    if version < 1 or not isinstance(findings, list):
        raise _invalid(path, f"findings: expected a list, found {_kind(findings)}")
    entries = [_read_entry(path, number, entry) for number, entry in enumerate(findings)]
    return Baseline(entries={entry.fingerprint: entry for entry in entries})


def _read_entry(path: Path, number: int, parsed: Any) -> BaselineEntry:
    if not isinstance(parsed, dict):
        raise _invalid(path, f"findings[{number}]: expected an object, found {_kind(parsed)}")
    for key in _KEYS:
        if not isinstance(parsed.get(key), str):
            raise _invalid(path, f"findings[{number}].{key}: expected text, found {_kind(parsed.get(key))}")
    return BaselineEntry(**{key: parsed[key] for key in _KEYS})


def write(path: Path, baseline: Baseline) -> bool:
    """Write a baseline, sorted, one finding per line for readable diffs. Return False if the file is unchanged.

    Raises BaselineError.
    """
    lines = [
        json.dumps({key: getattr(entry, key) for key in _KEYS}, ensure_ascii=False)
        for entry in sorted(baseline.entries.values())
    ]
    json_list = "[\n" + ",\n".join(f"  {line}" for line in lines) + "\n ]" if lines else "[]"
    data = f'{{\n "version": {VERSION},\n "findings": {json_list}\n}}\n'.encode("utf-8", "backslashreplace")
    try:
        return write_if_changed(path, data)
    except OSError as error:
        raise BaselineError(f"{path}: cannot be written: {error.strerror or error}") from error


_RECREATE = "remove it and create it again with --update-baseline"


def _invalid(path: Path, found: str) -> BaselineError:
    return BaselineError(f"{path}: {found}", hint=f"restore it from your repository's history, or {_RECREATE}")


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "an unknown type")
