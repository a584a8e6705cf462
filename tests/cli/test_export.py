"""Command `export`: the register of a built site as JSON and CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from imageseo.cli.main import cli
from imageseo.heroes.lock.lock import Lock
from imageseo.model.hero import Pin, Recipe
from imageseo.model.image import BadAsset, Rights
from imageseo.model.site import Page, PageHints, Site
from imageseo.model.site_report import (
    ByteChange,
    PictureDownload,
    PictureUse,
    ReportedCache,
    ReportedHero,
    ReportedPicture,
    ReportTotals,
    SiteReport,
)
from imageseo.pipeline.reporting.asset_register import as_csv, as_json, asset_register
from tests.pipeline.test_build import build, make_project, page
from tests.support import small_sites


def run(folder: Path, *options: str) -> str:
    result = CliRunner().invoke(cli, ["export", str(folder / "site"), *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_register_has_each_image_with_its_files_and_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = '<p><img src="{}img/a%20b.jpg" alt="=SUM(A1)"></p>'
    make_project(
        tmp_path,
        {
            "index.html": page(image.format("")),
            "b/index.html": page(image.format("../"), "b/"),
            "img/a b.jpg": small_sites.photo(900, 500),
        },
    )
    (tmp_path / "imageseo.toml").write_text('site_url = "https://example.org/"\nprofile = "fast"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    build(tmp_path, {"formats": ["webp"], "widths": [400, 800]})
    text = run(tmp_path)
    found = {each["file"]: each for each in json.loads(text)["assets"]}
    assert list(found) == ["img/a b.jpg", "img/logo.png"]
    photo = found["img/a b.jpg"]
    data = (tmp_path / "site/img/a b.jpg").read_bytes()
    assert (photo["sha256"], photo["bytes"], photo["width"]) == (hashlib.sha256(data).hexdigest(), len(data), 900)
    assert photo["url"] == "https://example.org/img/a%20b.jpg"
    assert photo["pages"] == ["b/index.html", "index.html"]
    assert photo["page_urls"] == ["https://example.org/b/", "https://example.org/"]
    assert [each["width"] for each in photo["variants"]] == [400, 800]
    for each in photo["variants"]:
        written = (tmp_path / "site" / each["file"]).read_bytes()
        assert (each["sha256"], each["bytes"]) == (hashlib.sha256(written).hexdigest(), len(written))
    assert run(tmp_path) == text

    run(tmp_path, "--output", "out.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8"))))
    assert [row["id"] for row in rows] == [each["id"] for each in found.values()]
    assert rows[0]["alt"] == "'=SUM(A1)"
    assert rows[0]["pages"] == "b/index.html\nindex.html"


def test_a_pinned_hero_tells_how_it_was_made_and_its_prompt_only_if_asked() -> None:
    recipe = Recipe(provider="diffusers", seed=7, width=8, height=4, options={"prompt": "a red kite", "model": "m"})
    approved = (
        {"role": "design", "by": "Ada", "at": "2026-11-30", "image": "sha256:f"},
        {"by": "Bob", "image": "sha256:x"},
    )
    pin = Pin(
        page="a.md",
        recipe=recipe,
        recipe_hash="sha256:r",
        file="heroes/a.png",
        file_sha256="sha256:f",
        pixels_sha256="sha256:p",
        digital_source_type="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
        width=8,
        height=4,
        rights=Rights(creator="+A", license="https://example.org/l"),
        owner="@ada",
        made={"status": "picked"},
        approved=approved,
    )
    shown = PictureDownload(before=9, after=9, file="h.jpg", format="jpeg")
    picture = ReportedPicture(
        source="h.jpg",
        sha256="0",
        format="jpeg",
        width=8,
        height=4,
        bytes=9,
        thumbnail="h.jpg",
        phone=ByteChange(),
        desktop=ByteChange(),
        uses=[PictureUse(pages=["a.html"], form="img", reason="", hero=True, alt="-1", phone=shown, desktop=shown)],
    )
    hero = ReportedHero(page="a.html", picture="h.jpg", alt=None, origin="inserted", pinned=True, seed=7, model="m")
    report = SiteReport(
        site="",
        url=None,
        screens={},
        totals=ReportTotals(pages=1, pictures=1, phone=ByteChange(), desktop=ByteChange()),
        pictures=[picture],
        heroes=[hero],
        cache=ReportedCache(variants=0, bytes=0),
    )
    page = Page(path="a.html", hints=PageHints(source=Path("a.md")))
    site = Site(root=Path("nowhere"), pages=(page,), project=Path(), base_url=None)
    lock = Lock((replace(pin, page=page.key),))
    bad = BadAsset(path="h.jpg", rule="img-missing", problem="", hint="")
    for prompts in (False, True):
        register = asset_register(site, report, lock, lambda _: bad, prompts=prompts)
        [found] = register.assets
        assert (found.kind, found.seed, found.model, found.master) == ("hero", 7, "m", "heroes/a.png")
        assert (found.approvals, found.owner, found.status) == (["design Ada 2026-11-30"], "@ada", "picked")
        assert found.prompt_sha256 == hashlib.sha256(b"a red kite").hexdigest()
        assert ("a red kite" in as_json(register)) is prompts
        assert ("a red kite" in as_csv(register)) is prompts
        [row] = csv.DictReader(io.StringIO(as_csv(register)))
        assert (row["creator"], row["owner"], row["alt"], row["width"]) == ("'+A", "'@ada", "'-1", "8")
        assert (found.url, found.page_urls) == (None, [])
