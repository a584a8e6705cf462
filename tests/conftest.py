"""What holds for every test: none depends on the speed of the machine; markers that follow from what a test uses."""

from __future__ import annotations

import compileall
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Images of containers often set this: each process that a test starts would compile all modules anew, and each worker
# all tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# An unexpected error in one page is a finding for users; here it must fail the test.
os.environ.setdefault("IMAGESEO_TEST_RAISE", "1")
# Commands and API encode in their own process: starting another takes longer than the small images of most tests.
os.environ.setdefault("IMAGESEO_ENCODE__ISOLATE", "false")

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Marker -> fixtures and modules that need what the marker stands for; `slow` is written at each slow test.
_FIXTURES = {"browser": {"browser", "chromium"}, "models": {"sentences"}, "network": {"s3"}}
_MODULES = {
    "browser": {"test_colours_in_browser", "test_layout", "test_measure", "test_measured_builds", "test_snapshot"},
    "models": {"test_diffusers", "test_diffusion_adapters", "test_diffusion_tasks", "test_diffusion_upscaler"},
    "network": {"test_library_locations", "test_master_store", "test_master_store_builds", "test_server"},
}

# These mostly wait, for pages that hang: started first, they wait beside the work of other tests.
_FIRST = {"test_measure"}


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package before any worker starts: sites are built without writing bytecode beside their own files."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(Path(__file__).parents[1] / "imageseo", quiet=2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the fixtures and the module that they use, and order them."""
    items.sort(key=lambda item: item.path.stem not in _FIRST)
    for item in items:
        module = item.path.stem
        names = set(getattr(item, "fixturenames", ()))
        skipped_without_chromium = any("chromium" in str(mark.kwargs) for mark in item.iter_markers("skipif"))
        for marker in ("browser", "models", "network"):
            if (
                (marker == "browser" and skipped_without_chromium)
                or names & _FIXTURES.get(marker, set())
                or module in _MODULES[marker]
            ):
                item.add_marker(marker)
                if marker == "models":
                    item.add_marker("slow")  # torch alone takes seconds to load
