"""What a finding is known by from run to run: neither its line nor the numbers of its message."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from imageseo.model.finding import Finding

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_QUERY = re.compile(r"[?#].*", re.DOTALL)
# A hash that a bundler puts into a name; it has digits and letters, so a date or a camera's number is none.
_HASH = re.compile(r"(?<![0-9A-Za-z])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}(?![0-9A-Za-z])")


def subject(finding: Finding) -> str:
    """What a finding is about: its image, else its message without the numbers."""
    image = finding.location.image
    if image is None:
        return _NUMBER.sub("#", finding.message)
    if image[:5].lower() == "data:":
        return f"data:{sha256(image.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    return _HASH.sub("#", _QUERY.sub("", image))


def with_fingerprints(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings in order, each with its fingerprint: 20 hexadecimal digits.

    It is made of the rule, the page, the subject, and which one of equal ones it is: the second stays known when a
    third comes, and moved lines, changed numbers and hashes in names change nothing.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    done = []
    for finding in sorted(findings, key=lambda finding: finding.sort_key):
        key = (finding.rule, finding.location.page, subject(finding))
        seen[key] += 1
        text = "\0".join((*key, str(seen[key])))
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        done.append(replace(finding, fingerprint=digest[:20]))
    return tuple(done)
