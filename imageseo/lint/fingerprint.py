"""Fingerprints, which identify a finding across runs: independent of its line and of the numbers in its message."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from imageseo.model.finding import Finding

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_QUERY = re.compile(r"[?#].*", re.DOTALL)
# A hash that a bundler puts into a name. It has digits and letters, so a date or a camera's number does not match.
_HASH = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}(?![0-9A-Za-z])")


def subject(finding: Finding) -> str:
    """Return what a finding is about: its image, else its message without the numbers."""
    return subject_of(finding.location.image, finding.message)


def subject_of(image: str | None, message: str) -> str:
    """Return what a finding with this image and message is about."""
    if image is None:
        return _NUMBER.sub("#", message)
    if image[:5].lower() == "data:":
        return f"data:{sha256(image.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    return without_hashes(_QUERY.sub("", image))


def without_hashes(name: str) -> str:
    """Return a name with ``#`` in place of the hashes that bundlers put into it."""
    return _HASH.sub("#", name)


def with_fingerprints(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in order, each with its fingerprint: 20 hexadecimal digits.

    It is a hash of the rule, the page, the subject, and the position among findings that are equal in these. Moved
    lines, changed numbers and hashes in names do not change it, nor does a further equal finding.
    """
    occurrences: Counter[tuple[str, str, str]] = Counter()
    fingerprinted = []
    for finding in sorted(findings, key=lambda finding: finding.sort_key):
        key = (finding.rule, finding.location.page, subject(finding))
        occurrences[key] += 1
        text = "\0".join((*key, str(occurrences[key])))
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        fingerprinted.append(replace(finding, fingerprint=digest[:20]))
    return tuple(fingerprinted)
