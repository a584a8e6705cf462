"""The digest of a rule's code."""

from __future__ import annotations

import hashlib
import sys

from imageseo.lint.rule import Rule
from imageseo.model import regular_file


def rule_source(rule: Rule) -> str:
    """Return the digest of a plug-in rule's package, or the module's name; imageseo's own code is in the versions."""
    name = (rule.check or rule.check_site).__module__
    file = getattr(sys.modules.get(name), "__file__", None)
    if name.startswith("imageseo.") or file is None:
        return name
    top = name.partition(".")[0]
    own = {each: getattr(module, "__file__", None) for each, module in [*sys.modules.items()]}
    files = sorted({path for each, path in own.items() if path and (each == top or each.startswith(f"{top}."))})
    try:
        return hashlib.sha256(b"".join(hashlib.sha256(regular_file.read(path)).digest() for path in files)).hexdigest()
    except OSError:
        return name
