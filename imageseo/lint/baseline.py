"""The baseline: findings that a project knows of and lives with, so that only new ones fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imageseo.lint.fingerprint import subject
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding
from imageseo.storage.atomic import write_if_changed

VERSION = 1
_LARGEST = 500_000_000  # bytes
_KEYS = ("fingerprint", "rule", "page", "subject")
_SUBJECT = 200  # characters of it that are kept, for people


class BaselineError(ImageseoError):
    """The baseline cannot be read, or written."""

    id = "baseline"
    title = "Baseline"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Entry:
    """A finding that is known. ``fingerprint`` tells it apart; the rest is for who reads the file."""

    page: str
    rule: str
    subject: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is known, by fingerprint."""

    entries: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Baseline:
        """Findings that carry their fingerprints (``core.fingerprint.stamped``)."""
        return cls(entries={finding.fingerprint: _entry(finding) for finding in findings})

    def split(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
        """Those that are new, and those that are known."""
        new: list[Finding] = []
        known: list[Finding] = []
        for finding in findings:
            (known if finding.fingerprint in self.entries else new).append(finding)
        return new, known

    def gone(self, findings: Iterable[Finding], judged: Callable[[Entry], bool]) -> list[Entry]:
        """What occurs no more. ``judged``: whether this run would have found an entry at all."""
        here = {finding.fingerprint for finding in findings}
        return sorted(each for each in self.entries.values() if each.fingerprint not in here and judged(each))

    def renewed(self, findings: Iterable[Finding], judged: Callable[[Entry], bool]) -> Baseline:
        """With these findings, and with what this run could not judge."""
        kept = {name: each for name, each in self.entries.items() if not judged(each)}
        return Baseline(entries={**kept, **Baseline.of(findings).entries})


def _entry(finding: Finding) -> Entry:
    return Entry(
        page=finding.location.page,
        rule=finding.rule,
        subject=subject(finding)[:_SUBJECT],
        fingerprint=finding.fingerprint,
    )


def read(path: Path) -> Baseline | None:
    """The baseline in a file; None where there is none. Raises BaselineError for one that cannot be understood."""
    try:
        if path.stat().st_size > _LARGEST:
            raise BaselineError(f"{path}: larger than {_LARGEST // 10**6} MB", hint="this is no baseline of a site")
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BaselineError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _broken(path, f"found bytes that are no UTF-8 at byte {error.start}") from error
    try:
        told = json.loads(text)
    except json.JSONDecodeError as error:
        raise _broken(path, f"line {error.lineno}, column {error.colno}: expected JSON ({error.msg})") from error
    except ValueError as error:  # a number of thousands of digits
        raise _broken(path, f"found what cannot be read: {error}") from error
    except RecursionError as error:
        raise _broken(path, "brackets in brackets without end") from error
    if not isinstance(told, dict):
        raise _broken(path, f"expected an object, found {_kind(told)}")
    version = told.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise _broken(path, f"version: expected {VERSION}, found {_kind(version)}")
    if version > VERSION:
        raise BaselineError(
            f"{path}: version {version}, and this imageseo reads up to {VERSION}",
            hint=f"it was written by a newer imageseo: update this one, or {_ANEW}",
        )
    findings = told.get("findings")
    if version < 1 or not isinstance(findings, list):
        raise _broken(path, f"findings: expected a list, found {_kind(findings)}")
    entries = [_read(path, number, each) for number, each in enumerate(findings)]
    return Baseline(entries={each.fingerprint: each for each in entries})


def _read(path: Path, number: int, told: Any) -> Entry:
    if not isinstance(told, dict):
        raise _broken(path, f"findings[{number}]: expected an object, found {_kind(told)}")
    for key in _KEYS:
        if not isinstance(told.get(key), str):
            raise _broken(path, f"findings[{number}].{key}: expected text, found {_kind(told.get(key))}")
    return Entry(**{key: told[key] for key in _KEYS})


def write(path: Path, baseline: Baseline) -> bool:
    """Write a baseline, a finding a line and sorted, so that a diff shows what came and went; False when it is so.

    Raises BaselineError.
    """
    lines = [
        json.dumps({key: getattr(each, key) for key in _KEYS}, ensure_ascii=False)
        for each in sorted(baseline.entries.values())
    ]
    listed = "[\n" + ",\n".join(f"  {line}" for line in lines) + "\n ]" if lines else "[]"
    data = f'{{\n "version": {VERSION},\n "findings": {listed}\n}}\n'.encode("utf-8", "backslashreplace")
    try:
        return write_if_changed(path, data)
    except OSError as error:
        raise BaselineError(f"{path}: cannot be written: {error.strerror or error}") from error


_ANEW = "remove it and write it anew with --update-baseline"


def _broken(path: Path, found: str) -> BaselineError:
    return BaselineError(f"{path}: {found}", hint=f"take it from your repository's history, or {_ANEW}")


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return names.get(type(value), "something else")
