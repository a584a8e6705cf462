"""The four doors: one schema, every fault at once, each with file, key, what was found and what was expected."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import pytest

import imageseo
from imageseo.config import CONFIG_NAME, load, read_project, schema_text
from imageseo.config.budgets import MobileBudget
from imageseo.config.decoder import setting_keys
from imageseo.config.environment import locate, variable
from imageseo.config.fields import byte_count
from imageseo.config.settings import Settings
from imageseo.model.errors import SettingsError
from imageseo.model.finding import Severity

PX = "a whole number of px from 1 to 16384"


def faults(mapping: Any, **known: Any) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(mapping, "here.toml", **known)
    return caught.value.faults


def env_faults(env: dict[str, str], folder: Path) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read_project(folder, env=env)
    return caught.value.faults


# ---- one mapping


def test_nothing_said_gives_the_defaults_and_counts_are_bytes() -> None:
    settings = load({}, "here.toml")
    assert settings.formats == ("avif", "webp")
    assert settings.budgets.lcp_bytes.mobile == MobileBudget(warn=102_400, error=153_600)
    assert msgspec.structs.replace(settings, budgets=Settings().budgets) == Settings()


def test_every_kind_of_value_arrives() -> None:
    settings = load(
        {
            "site_url": "https://example.org/docs",
            "formats": ["webp"],
            "widths": [640, 320, 640],
            "quality": {"avif": 40},
            "hero": {"insert": "none", "masters": "./art/heroes/", "publish": "assets\\heroes"},
            "brand": {"colors": ["#fff", "#102030"]},
            "rights": {"license": "https://creativecommons.org/licenses/by/4.0/"},
            "budgets": {"lcp-bytes": {"mobile": {"warn": "80 KiB", "error": 0}}},
            "lint": {"rules": {"alt-missing": "off"}},
        },
        "here.toml",
    )
    assert settings.site_url == "https://example.org/docs/"
    assert settings.formats == ("webp",)
    assert settings.widths == (320, 640), "sorted, without repeats"
    assert (settings.quality.avif, settings.quality.webp) == (40, None)
    assert (settings.hero.masters, settings.hero.publish) == ("art/heroes", "assets/heroes")
    assert settings.brand.colors == ("#fff", "#102030")
    assert settings.budgets.lcp_bytes.mobile == MobileBudget(warn=81_920, error=0)
    assert settings.lint.rules == {"alt-missing": Severity.OFF}


def test_all_faults_are_reported_at_once() -> None:
    found = faults(
        {
            "enabledd": True,
            "formats": ["avif", "jxl"],
            "widths": [],
            "site_url": "example.org",
            "hero": {"insert": "after_h1", "masters": "../out"},
            "lint": {"rules": {"alt-mising": "warn"}},
            "budgets": "100 KiB",
        },
        rules=["alt-missing", "img-missing"],
    )
    assert found == (
        "here.toml: enabledd: unknown key, did you mean enabled?",
        "here.toml: formats: item 2: found text 'jxl', expected one of avif, webp",
        f"here.toml: widths: found an empty list, expected a list of at least 1 of: {PX}",
        "here.toml: site_url: found text 'example.org', expected an absolute http(s) URL",
        "here.toml: hero.insert: found text 'after_h1', expected one of after-h1, before-h1, none; "
        "did you mean after-h1?",
        "here.toml: budgets: found text '100 KiB', "
        "expected a table with keys like lcp-bytes, page-image-bytes, largest-image-bytes",
        "here.toml: hero.masters: found text '../out', expected a folder inside the project, such as heroes",
        "here.toml: lint.rules.alt-mising: unknown rule, did you mean alt-missing?",
    )


@pytest.mark.parametrize(
    ("mapping", "fault"),
    [
        ({"width": [1]}, "width: unknown key, did you mean widths?"),
        ({"hero.insert": "none"}, "hero.insert: unknown key: dots do not nest here, write hero: {insert: …}"),
        ({"exclude-pages": []}, "exclude-pages: unknown key, did you mean exclude_pages?"),
        ({"budgets": {"lcp_bytes": {}}}, "budgets.lcp_bytes: unknown key, did you mean budgets.lcp-bytes?"),
        ({"colors": []}, "colors: unknown key, did you mean brand.colors?"),
        ({"fail_on": "warn"}, "fail_on: unknown key, did you mean lint.fail_on?"),
        ({"hero": {"quality": {"avif": 1}}}, "hero.quality: unknown key, did you mean quality?"),
        ({"hero": {"zzz": 1}}, "hero.zzz: unknown key, expected one of keys, insert, guess, provider"),
        ({"lcp-bytes": {}}, "lcp-bytes: unknown key, did you mean budgets.lcp-bytes?"),
        ({"qualityfloor": {}}, "qualityfloor: unknown key, did you mean quality_floor?"),
        ({"zzz": 1}, "zzz: unknown key, expected one of enabled, site_url"),
        ({True: "x"}, "True: unknown key"),
        ({"enabled": 1}, "enabled: found 1, expected true or false"),
        ({"enabled": "yes"}, "enabled: found text 'yes', expected true or false"),
        ({"concurrency": 2.5}, "concurrency: found 2.5, expected a whole number from 0 to 256"),
        ({"concurrency": True}, "concurrency: found true, expected a whole number from 0 to 256"),
        ({"concurrency": 10**30}, "concurrency: found 1000000000000000000000000000000, expected a whole number"),
        ({"formats": "avif"}, "formats: found text 'avif', expected a list of: one of avif, webp"),
        ({"widths": None}, "widths: found nothing, expected a list of at least 1"),
        ({"cache_dir": ""}, "cache_dir: found text '', expected text that is not empty"),
        ({"cache_dir": ["a"]}, "cache_dir: found a list, expected text that is not empty"),
        ({"cache_dir": {1, 2}}, "cache_dir: found a list, expected text"),
        ({"cache_dir": b"x"}, "cache_dir: found a value of type bytes, expected text"),
        ({"encode": {"max_pixels": 0}}, "encode.max_pixels: found 0, expected a whole number, 1 or more"),
        ({"brand": {"colors": ["#fff"]}}, "brand.colors: found a list, expected a list of 2 to 6 items of: a colour"),
        ({"brand": {"colors": ["#fff", "red"]}}, "brand.colors: item 2: found text 'red', expected a colour such as"),
        ({"hero": ["x"]}, "hero: found a list, expected a table with keys like keys, insert, guess"),
        ({"lint": {"rules": ["x"]}}, "lint.rules: found a list, expected a table of names, each with one of off, info"),
        (
            {"lint": {"rules": {"a": "eror"}}},
            "lint.rules.a: found text 'eror', expected one of off, info, warn, error; did",
        ),
        ({"rights": {"license": "CC BY"}}, "rights.license: found text 'CC BY', expected an absolute http(s) URL"),
        ({"site_url": "https://"}, "site_url: found text 'https://', expected an absolute http(s) URL"),
        ({"site_url": "https://a b/"}, "site_url: found text 'https://a b/', expected an absolute http(s) URL"),
        ({"site_url": "https://[::1/"}, "site_url: found text 'https://[::1/', expected an absolute http(s) URL"),
        ({"site_url": "https://h:x/"}, "site_url: found text 'https://h:x/', expected an absolute http(s) URL"),
        ({"site_url": "ftp://h/"}, "site_url: found text 'ftp://h/', expected an absolute http(s) URL"),
        (
            {"site_url": "https://h/?a"},
            "site_url: found text 'https://h/?a', expected a URL without query and fragment",
        ),
        ({"hero": {"publish": "/srv"}}, "hero.publish: found text '/srv', expected a folder inside the built site"),
        ({"hero": {"publish": "C:\\x"}}, "hero.publish: found text 'C:\\\\x', expected a folder inside the built site"),
        ({"hero": {"masters": "a/../.."}}, "hero.masters: found text 'a/../..', expected a folder inside the project"),
        ({"hero": {"masters": ".."}}, "hero.masters: found text '..', expected a folder inside the project"),
        ("text", "found text 'text', expected a table with keys like enabled, site_url, cache_dir"),
        (["a"], "found a list, expected a table with keys like enabled, site_url, cache_dir"),
    ],
    ids=str,
)
def test_a_fault_names_file_key_found_expected_and_nearest(mapping: Any, fault: str) -> None:
    (only,) = faults(mapping)
    assert only.startswith(f"here.toml: {fault}")


def test_budgets_that_contradict_each_other() -> None:
    def mobile(**levels: Any) -> dict[str, Any]:
        return {"budgets": {"lcp-bytes": {"mobile": levels}}}

    where = "here.toml: budgets.lcp-bytes.mobile.warn"
    assert faults(mobile(warn="2 KiB", error=1000)) == (
        f"{where}: found 2048 bytes, expected no more than error, which is 1000",
    )
    assert faults(mobile(warn="1 MiB"))[0].endswith("no more than error, which is 153600 (the default)")
    assert load(mobile(error="50 KiB"), "x").budgets.lcp_bytes.mobile == MobileBudget(warn=51_200, error=51_200)
    assert load(mobile(warn="1 MiB", error=0), "x").budgets.lcp_bytes.mobile == MobileBudget(warn=2**20, error=0)
    assert load(mobile(warn=0), "x").budgets.lcp_bytes.mobile == MobileBudget(warn=0, error=153_600)


def test_names_of_rules_and_providers_are_checked_where_they_are_known() -> None:
    said = {"lint": {"rules": {"lcp-byte": "off"}}, "hero": {"provider": "procedual"}}
    load(said, "here.toml")
    assert faults(said, rules=["lcp-bytes"], providers=["file", "procedural"]) == (
        "here.toml: lint.rules.lcp-byte: unknown rule, did you mean lcp-bytes?",
        "here.toml: hero.provider: found text 'procedual', which no provider is called, did you mean procedural?",
    )


def test_tables_of_providers_that_nobody_has() -> None:
    mapping = {"providers": {"libary": {"folder": "x"}, "procedural": None, "diffusers": 3}}
    found = faults(mapping, providers=["procedural", "library", "diffusers"])
    assert found == (
        "here.toml: providers.diffusers: found 3, expected a table of keys",
        "here.toml: providers.libary: unknown provider, did you mean library?",
    )
    assert load({"providers": {"procedural": None}}, "").providers == {"procedural": {}}


@pytest.mark.parametrize(
    ("masters", "kept"),
    [("s3://bucket/heroes/", "s3://bucket/heroes"), ("gs://b", "gs://b"), ("file:///srv/heroes", "file:///srv/heroes")],
)
def test_masters_may_lie_at_a_url(masters: str, kept: str) -> None:
    assert load({"hero": {"masters": masters}}, "").hero.masters == kept


@pytest.mark.parametrize(
    ("hero", "fault"),
    [
        (
            {"masters": "://x"},
            "hero.masters: found a URL ://… that is none, expected a folder inside the project, such as heroes, or",
        ),
        ({"masters": "s3://"}, "hero.masters: found a URL s3://… that is none, expected a folder inside the project"),
        ({"masters": "s3://a b"}, "or a URL, such as s3://bucket/heroes"),
        ({"prompts": "../prompts.toml"}, "expected a file inside the project, such as prompts.toml"),
        (
            {"prompts": "/etc/prompts.toml"},
            "hero.prompts: found text '/etc/prompts.toml', expected a file inside the project",
        ),
        ({"crops": ["3:2"]}, "hero.crops: item 1: found text '3:2', expected one of 1:1, 4:3, 16:9, 1.91:1"),
        ({"label": "overlay"}, "hero.label: found text 'overlay', expected one of figcaption, none"),
    ],
)
def test_places_of_heroes_that_cannot_be(hero: dict[str, Any], fault: str) -> None:
    assert fault in faults({"hero": hero})[0]


def test_yaml_and_python_spellings() -> None:
    """YAML reads a bare `off` as false and an empty section as null; Python has tuples and paths."""
    settings = load({"lint": {"rules": {"alt-missing": False}}, "hero": None}, "mkdocs.yml: plugins.imageseo")
    assert settings.lint.rules == {"alt-missing": Severity.OFF}
    settings = load({"formats": ("webp", "avif"), "cache_dir": PurePosixPath("a/b")}, "pelicanconf.py: IMAGESEO")
    assert (settings.formats, settings.cache_dir) == (("webp", "avif"), "a/b")


def test_a_long_value_does_not_drown_the_message() -> None:
    (only,) = faults({"enabled": "x" * 5000})
    assert len(only) < 150


# ---- byte counts


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (0, 0),
        (1500, 1500),
        ("1500", 1500),
        ("7 b", 7),
        ("100 KiB", 102_400),
        ("100kib", 102_400),
        (" 100 kB ", 100_000),
        ("1.5 KiB", 1536),
        ("0.3 KB", 300),
        ("2 MiB", 2_097_152),
        ("2MB", 2_000_000),
        ("0.0001 kb", 1),
    ],
)
def test_byte_count(text: int | str, count: int) -> None:
    assert byte_count(text) == count
    if isinstance(text, str):
        said = {"budgets": {"lcp-bytes": {"desktop": {"error": text, "warn": 0}}}}
        assert load(said, "x").budgets.lcp_bytes.desktop.error == count, "the schema takes what byte_count takes"


@pytest.mark.parametrize("text", ["", "KiB", "-1", "1 GiB", "1,5 KiB", "1e3", "１ KiB", -1, True])
def test_what_is_no_byte_count(text: int | str) -> None:
    with pytest.raises(ValueError, match="not a byte count"):
        byte_count(text)
    (only,) = faults({"budgets": {"lcp-bytes": {"desktop": {"error": text}}}})
    assert 'expected a byte count such as "100 KiB" or 102400' in only


# ---- files


def test_no_door_is_fine(tmp_path: Path) -> None:
    settings, folder = read_project(tmp_path, env={})
    assert (settings.cache_dir, folder) == (".cache/imageseo", tmp_path)


def test_either_file_is_read(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text("\ufeffformats = ['webp']\r\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'imageseo-user'\n", encoding="utf-8")
    assert read_project(tmp_path, env={}).settings.formats == ("webp",)
    (tmp_path / CONFIG_NAME).unlink()
    (tmp_path / "pyproject.toml").write_text("[tool.imageseo]\nformats = ['avif']\n", encoding="utf-8")
    assert read_project(tmp_path, env={}).settings.formats == ("avif",)


def test_two_doors_at_once_are_an_error_that_names_both(tmp_path: Path) -> None:
    toml, pyproject = tmp_path / CONFIG_NAME, tmp_path / "pyproject.toml"
    pyproject.write_text("[tool.imageseo]\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="two doors at once") as caught:
        read_project(tmp_path, env={}, options={"formats": []}, origin="mkdocs.yml: plugins.imageseo")
    assert f"{pyproject}: [tool.imageseo] and mkdocs.yml: plugins.imageseo" in str(caught.value)
    toml.write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match="two doors at once") as caught:
        read_project(tmp_path, env={})
    assert f"{toml} and {pyproject}: [tool.imageseo]" in str(caught.value)
    assert read_project(tmp_path, explicit=toml, env={}).folder == tmp_path, "a named file is the only door"
    with pytest.raises(SettingsError, match="two doors at once"):
        read_project(tmp_path, explicit=toml, env={}, options={"formats": []}, origin="mkdocs.yml: plugins.imageseo")


def test_a_host_without_options_leaves_the_toml_door_open(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text("formats = ['webp']\n", encoding="utf-8")
    assert read_project(tmp_path, env={}, options={}, origin="mkdocs.yml").settings.formats == ("webp",)


def test_host_options_speak_under_their_own_name(tmp_path: Path) -> None:
    settings, folder = read_project(
        tmp_path, env={}, options={"formats": ["webp"]}, origin="mkdocs.yml: plugins.imageseo"
    )
    assert (settings.formats, folder) == (("webp",), tmp_path)
    with pytest.raises(SettingsError) as caught:
        read_project(tmp_path, env={}, options={"format": []}, origin="mkdocs.yml: plugins.imageseo")
    assert caught.value.faults == ("mkdocs.yml: plugins.imageseo: format: unknown key, did you mean formats?",)


def test_parents_are_searched_up_to_the_repository_and_no_further(tmp_path: Path) -> None:
    deep = tmp_path / "repo" / "docs" / "de"
    deep.mkdir(parents=True)
    (tmp_path / CONFIG_NAME).write_text("formats = ['webp']\n", encoding="utf-8")
    assert read_project(deep, env={}).folder == deep, "outside of a repository only the folder itself counts"
    (tmp_path / "repo" / ".git").mkdir()
    assert read_project(deep, env={}).settings.formats == ("avif", "webp")
    (tmp_path / "repo" / CONFIG_NAME).write_text("formats = ['avif']\n", encoding="utf-8")
    assert read_project(deep, env={}) == (load({"formats": ["avif"]}, ""), tmp_path / "repo")
    (deep / CONFIG_NAME).write_text("formats = []\n", encoding="utf-8")
    assert read_project(deep, env={}).folder == deep, "the nearest wins"


def test_a_named_file_sets_the_project(tmp_path: Path) -> None:
    other = tmp_path / "conf" / "images.toml"
    other.parent.mkdir()
    other.write_text("formats = ['webp']\n", encoding="utf-8")
    assert read_project(tmp_path, explicit=other, env={}) == (load({"formats": ["webp"]}, ""), other.parent)
    assert read_project(tmp_path, env={"IMAGESEO_CONFIG": str(other)}).folder == other.parent
    pyproject = other.with_name("pyproject.toml")
    pyproject.write_text("[project]\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"found no table \[tool.imageseo\]"):
        read_project(tmp_path, explicit=pyproject, env={})


@pytest.mark.parametrize("name", [CONFIG_NAME, "pyproject.toml"])
@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"[tool.imageseo]\nformats = [\n'avif'\nx = 1\n", "not TOML: "),
        (b"# imageseo\na = 1\na = 2\n", "(at line 3, column 6)"),
        (b"# imageseo\nname = '\xe4'\n", "line 2: found byte 0xe4, expected UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_names_its_line(tmp_path: Path, name: str, data: bytes, fault: str) -> None:
    (tmp_path / name).write_bytes(data)
    (only,) = env_faults({}, tmp_path)
    assert only.startswith(f"{tmp_path / name}: ")
    assert fault in only


def test_a_broken_pyproject_that_never_names_us_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[project\n")
    assert read_project(tmp_path, env={}).settings.formats == ("avif", "webp")


def test_a_missing_file_and_a_folder_are_faults(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_project(tmp_path, explicit=tmp_path / "none.toml", env={})
    (tmp_path / CONFIG_NAME).mkdir()
    assert "cannot be read" in env_faults({}, tmp_path)[0]


@pytest.mark.parametrize("table", ["tool = 3", "[tool]\nimageseo = 'x'", "[[tool.imageseo]]\n"])
def test_tables_of_another_shape(tmp_path: Path, table: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"# imageseo\n{table}\n", encoding="utf-8")
    if table == "tool = 3":
        assert read_project(tmp_path, env={}).settings.formats == ("avif", "webp")
    else:
        assert "expected a table with keys like" in env_faults({}, tmp_path)[0]


# ---- environment


@pytest.mark.parametrize(
    ("name", "text", "path", "value"),
    [
        ("FROZEN", "1", "frozen", True),
        ("FROZEN", "TRUE", "frozen", True),
        ("ENABLED", "off", "enabled", False),
        ("CONCURRENCY", "4", "concurrency", 4),
        ("HERO__INSERT", "none", "hero.insert", "none"),
        ("HERO__INSERT", '"none"', "hero.insert", "none"),
        ("HERO", '{insert = "none", guess = false}', "hero.guess", False),
        ("BRAND__NAME", "2024", "brand.name", "2024"),
        ("BRAND__COLORS", "#fff, #000", "brand.colors", ("#fff", "#000")),
        ("FORMATS", '["webp"]', "formats", ("webp",)),
        ("FORMATS", "webp,avif", "formats", ("webp", "avif")),
        ("WIDTHS", "640,320", "widths", (320, 640)),
        ("LAYOUT__CONTENT_WIDTH", "700", "layout.content_width", 700),
        ("LAYOUT__SIZES", "100vw", "layout.sizes", "100vw"),
        ("QUALITY__AVIF", " 50 ", "quality.avif", 50),
        ("BUDGETS__LCP_BYTES__MOBILE__ERROR", "80 KiB", "budgets.lcp_bytes.mobile.error", 81_920),
        ("BUDGETS__LCP_BYTES__MOBILE__ERROR", "0", "budgets.lcp_bytes.mobile.error", 0),
        ("LINT__RULES__ALT_MISSING", "off", "lint.rules", {"alt-missing": Severity.OFF}),
        ("LINT__FAIL_ON", "warn", "lint.fail_on", "warn"),
        ("HERO__MASTERS", "s3://bucket/heroes/", "hero.masters", "s3://bucket/heroes"),
        ("HERO__PROMPTS", "words/prompts.toml", "hero.prompts", "words/prompts.toml"),
        ("PROVIDERS__LIBRARY__MAX_SIDE", "3", "providers", {"library": {"max_side": 3}}),
        ("PROVIDERS__LIBRARY__FOLDER", "pictures", "providers", {"library": {"folder": "pictures"}}),
        (
            "PROVIDERS__LIBRARY",
            '{folder = "x", licences = ["cc0"]}',
            "providers",
            {"library": {"folder": "x", "licences": ["cc0"]}},
        ),
    ],
)
def test_a_variable_sets_one_key(tmp_path: Path, name: str, text: str, path: str, value: object) -> None:
    found: Any = read_project(tmp_path, env={f"IMAGESEO_{name}": text, "PATH": "x", "imageseo_x": "y"}).settings
    for part in path.split("."):
        found = getattr(found, part)
    assert found == value


def test_variables_override_a_file_key_by_key(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text(
        "[hero]\ninsert = 'none'\nguess = false\n[lint.rules]\na-b = 'warn'\nc = 'off'\n", encoding="utf-8"
    )
    env = {"IMAGESEO_HERO__INSERT": "before-h1", "IMAGESEO_LINT__RULES__A_B": "error"}
    settings = read_project(tmp_path, env=env).settings
    assert (settings.hero.insert, settings.hero.guess) == ("before-h1", False)
    assert settings.lint.rules == {"a-b": Severity.ERROR, "c": Severity.OFF}


def test_options_of_a_provider_are_overridden_key_by_key_too(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text(
        "[providers.library]\nfolder = 'a'\ndeep = true\n[providers.diffusers]\ndevice = 'cpu'\n", encoding="utf-8"
    )
    env = {"IMAGESEO_PROVIDERS__LIBRARY__FOLDER": "b", "IMAGESEO_PROVIDERS__LIBRARY__DEEP": "off"}
    settings = read_project(tmp_path, env=env, providers=["library", "diffusers"]).settings
    assert settings.providers == {"library": {"folder": "b", "deep": False}, "diffusers": {"device": "cpu"}}


def test_faults_of_variables_stand_beside_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text("quality = 3\n", encoding="utf-8")
    env = {
        "IMAGESEO_HERO_INSERT": "none",
        "IMAGESEO_FROZEN": "maybe",
        "IMAGESEO_WIDTHS": "320,x",
        "IMAGESEO_SITE_URL": "nowhere",
        "IMAGESEO_QUALITY__AVIF": "high",
        "IMAGESEO_HERO__INSERT__X": "1",
        "IMAGESEO_": "1",
        "IMAGESEO_BUDGETS__LCP_BYTES": "3",
    }
    assert env_faults(env, tmp_path) == (
        f"{tmp_path / CONFIG_NAME}: quality: found 3, expected a table with keys like avif, webp, jpeg",
        "environment variable IMAGESEO_: no such setting",
        "environment variable IMAGESEO_BUDGETS__LCP_BYTES: budgets.lcp-bytes: found 3, "
        "expected a table with keys like mobile, desktop, phone",
        "environment variable IMAGESEO_FROZEN: frozen: found text 'maybe', expected true or false",
        "environment variable IMAGESEO_HERO_INSERT: no such setting, did you mean IMAGESEO_HERO__INSERT?",
        "environment variable IMAGESEO_HERO__INSERT__X: no such setting, did you mean IMAGESEO_HERO__INSERT?",
        "environment variable IMAGESEO_QUALITY__AVIF: quality.avif: found text 'high', "
        "expected a whole number from 1 to 100",
        "environment variable IMAGESEO_SITE_URL: site_url: found text 'nowhere', expected an absolute http(s) URL",
        f"environment variable IMAGESEO_WIDTHS: widths: item 2: found text 'x', expected {PX}",
    )


def test_empty_variables_and_those_that_are_no_settings_are_passed_over(tmp_path: Path) -> None:
    env = {"IMAGESEO_SITE_URL": "", "IMAGESEO_NO_SUCH": " ", "IMAGESEO_TEST_NPM": "/x", "IMAGESEO_CONFIG": ""}
    assert read_project(tmp_path, env=env).settings == load({}, "")


def test_a_variable_cannot_smuggle_a_second_key_in(tmp_path: Path) -> None:
    assert read_project(tmp_path, env={"IMAGESEO_BRAND__NAME": '"a"\nb = 2'}).settings.brand.name == '"a"\nb = 2'


def test_every_key_has_a_variable_of_its_own() -> None:
    names = {variable(path): (path, kind) for path, kind in setting_keys() if path != ("lint", "rules")}
    assert {name: locate(name.removeprefix("IMAGESEO_")) for name in names} == names


# ---- schema


def test_the_committed_schema_is_the_generated_one() -> None:
    committed = (Path(imageseo.__file__).parent / "config/settings.schema.json").read_bytes()
    assert committed == schema_text().encode("ascii"), (
        "run: python -m imageseo.config > imageseo/config/settings.schema.json"
    )


def test_the_schema_can_be_printed_and_does_not_depend_on_hashing() -> None:
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "imageseo.config"],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert done.stdout.replace(b"\r\n", b"\n") == schema_text().encode("ascii")


def test_the_schema_closes_every_table_and_knows_every_key() -> None:
    schema = json.loads(schema_text())
    tables = [schema, *schema["$defs"].values()]
    objects = [table for table in tables if table.get("type") == "object"]
    assert all(table["additionalProperties"] is False and table["description"] for table in objects)

    def keys(table: dict[str, Any], above: tuple[str, ...]) -> set[tuple[str, ...]]:
        found: set[tuple[str, ...]] = set()
        for key, item in table["properties"].items():
            inner = schema["$defs"].get(item.get("$ref", "").removeprefix("#/$defs/"))
            found |= keys(inner, (*above, key)) if inner and "properties" in inner else {(*above, key)}
        return found

    assert keys(schema, ()) == {path for path, _ in setting_keys()}


# ---- by path


def test_levels_and_budgets_of_some_pages() -> None:
    said = {
        "lint": {"paths": {"blog/*": {"alt-missing": "off", "lcp-lazy": False}}},
        "budgets": {
            "paths": {"blog/*": {"lcp-bytes": {"mobile": {"error": "90 KiB"}}, "image-count": {"phone": {"warn": 3}}}}
        },
    }
    settings = load(said, "x")
    assert settings.lint.paths == {"blog/*": {"alt-missing": Severity.OFF, "lcp-lazy": Severity.OFF}}
    assert settings.budgets.paths["blog/*"].lcp_bytes.mobile.error == "90 KiB"
    assert settings.budgets.paths["blog/*"].image_count.phone.warn == 3


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (
            {"lint": {"paths": {"a/*": {"alt-mising": "off"}}}},
            "lint.paths.a/*.alt-mising: unknown rule, did you mean alt-missing?",
        ),
        (
            {"budgets": {"paths": {"a/*": {"lcp-bytes": {"mobile": {"warn": 9, "error": 8}}}}}},
            "budgets.paths.a/*.lcp-bytes.mobile.warn: found 9, expected no more than error, which is 8",
        ),
        (
            {"budgets": {"paths": {"a/*": {"image-count": {"mobile": {"warn": "9 KiB"}}}}}},
            "budgets.paths.a/*.image-count.mobile: found text '9 KiB', expected a number of images",
        ),
        (
            {"budgets": {"image-count": {"mobile": {"warn": 9, "error": 8}}}},
            "budgets.image-count.mobile.warn: found 9, expected no more than error, which is 8",
        ),
        (
            {"budgets": {"image-bytes": {"tablet": {"warn": "9 KiB", "error": "8 KiB"}}}},
            "budgets.image-bytes.tablet.warn: found 9216 bytes, expected no more than error, which is 8192",
        ),
    ],
)
def test_faults_of_levels_and_budgets_of_some_pages(said: dict[str, Any], fault: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(said, "x", rules=["alt-missing", "lcp-lazy"])
    assert caught.value.faults == (f"x: {fault}",)
