"""Optional packages of tests: where one is missing they are skipped, and no package is imported to find that out."""

from __future__ import annotations

from importlib.util import find_spec

import pytest


def needs_packages(*names: str) -> pytest.MarkDecorator:
    """Skip where a top-level package is missing. Unlike ``importorskip`` this costs nothing at collection: each worker
    collects all tests, and torch alone takes seconds to import.
    """
    missing = [name for name in names if find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")
