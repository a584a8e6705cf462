"""A build that knows what the last one found in the style sheets writes the same bytes as one that knows nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from imageseo import config
from imageseo.integrations import directory
from imageseo.integrations.progress import Quiet
from imageseo.pipeline import build as job
from imageseo.pipeline import composition
from imageseo.pipeline.incremental import build_state
from tests.support import fragile_pages, pictures, small_sites

OPTIONS = {
    "site_url": "https://example.org/",
    "profile": "fast",
    "widths": [320],
    "formats": ["webp"],
    "encode": {"isolate": False},
}
MEMO = ".cache/imageseo/memo"
PAGES = list(fragile_pages.PAGES)[::5]  # those of all kinds; tests/layout/test_style_cache.py asks about every page


def put(folder: Path, old: str, new: str) -> None:
    shutil.rmtree(folder / "site", ignore_errors=True)
    pages = {f"{name}.html": fragile_pages.render(name).replace(old, new) for name in PAGES}
    css = {name: content.decode().replace(old, new) for name, content in fragile_pages.FILES.items()}
    images = {
        fragile_pages.WIDE: small_sites.photo(900, 600),
        fragile_pages.TALL: pictures.save(pictures.photo(600, 800, 2), "PNG"),
        fragile_pages.SMALL: small_sites.photo(240, 160, 3),
    }
    small_sites.write(folder / "site", {**pages, **css, **images})


def build(folder: Path, **more: object) -> tuple[dict[str, bytes], object]:
    """Return the pages as built, and the findings."""
    settings = config.load({**OPTIONS, **more}, "test")
    site = directory.site(folder / "site", project=folder, settings=settings)
    with composition.build_tools(settings, project=folder, progress=Quiet()) as tools:
        result = job.build(site, settings, tools)
    return {each.name: each.read_bytes() for each in sorted((folder / "site").glob("*.html"))}, result.findings


def saved_styles(folder: Path) -> int:
    return max(
        len(build_state.read(folder / ".cache/imageseo", each.name).styles) for each in (folder / MEMO).iterdir()
    )


@pytest.mark.slow
def test_build_after_each_change_equals_one_that_starts_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_state, "code_digest", lambda: "the code of these tests")
    put(tmp_path, "", "")
    build(tmp_path)
    assert saved_styles(tmp_path) == len(PAGES)
    first = {each.name: each.read_bytes() for each in (tmp_path / MEMO).iterdir()}
    changes: list[tuple[str, str, dict[str, object]]] = [
        ("The end of the page", "Another end", {}),
        ("<p>", "<p class=row>", {}),
        ("max-width", "max-height", {}),
        ("", "", {"lint": {"rules": {"alt-missing": "off"}}}),
        ("", "", {"exclude": [".row > img"]}),
    ]
    for old, new, options in changes:
        pages = {}
        for kind in ("known", "unknown", *(("cut", "damaged") if old == "max-width" else ())):
            shutil.rmtree(tmp_path / MEMO)
            (tmp_path / MEMO).mkdir()
            for name, data in first.items() if kind != "unknown" else ():
                damaged = data[: len(data) // 2] + b"\xff" + data[len(data) // 2 + 1 :]
                content = {"known": data, "cut": data[: len(data) // 2], "damaged": damaged}[kind]
                (tmp_path / MEMO / name).write_bytes(content)
            put(tmp_path, old, new)
            pages[kind] = build(tmp_path, **options)
        assert all(each == pages["unknown"] for each in pages.values()), (old, new)
