"""Configuration sources: one schema, all errors at once, each with file, key, found value and expectation."""

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
from imageseo.config.environment import find_key, variable_name
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


def test_empty_mapping_gives_defaults_with_byte_counts() -> None:
    settings = load({}, "here.toml")
    assert settings.formats == ("avif", "webp")
    assert settings.budgets.lcp_bytes.mobile == MobileBudget(warn=102_400, error=153_600)
    assert msgspec.structs.replace(settings, budgets=Settings().budgets) == Settings()


def test_values_of_every_type_are_decoded() -> None:
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


def test_all_errors_are_reported_at_once() -> None:
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
        f"here.toml: widths: found an empty list, expected a list of at least 1 of: {PX}",
        "here.toml: site_url: found text 'example.org', expected an absolute http(s) URL",
        "here.toml: hero.insert: found text 'after_h1', expected one of after-h1, before-h1, none; "
        "did you mean after-h1?",
        "here.toml: budgets: found text '100 KiB', "
        "expected a table with keys like lcp-bytes, page-image-bytes, largest-image-bytes",
        "here.toml: hero.masters: found text '../out', expected a folder inside the project, such as heroes",
        "here.toml: lint.rules.alt-mising: unknown rule, did you mean alt-missing?",
        "here.toml: formats: item 2: found text 'jxl', expected one of avif, webp",
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
        ({"formats": "avif"}, "formats: found text 'avif', expected a list of texts, such as [\"avif\"]"),
        ({"exclude": ".a > img"}, "exclude: found text '.a > img', expected a list of texts, such as [\".a > img\"]"),
        ({"exclude_pages": {}}, "exclude_pages: found a table of keys, expected a list of texts"),
        ({"exclude": ["> img"]}, "exclude: found text '> img', expected a CSS selector (it starts with `>`)"),
        ({"exclude": ["img +"]}, "exclude: found text 'img +', expected a CSS selector (it ends with `+`)"),
        ({"include": ["a > ~ img"]}, "include: found text 'a > ~ img', expected a CSS selector (there is nothing"),
        ({"include": [" "]}, "include: found text ' ', expected a CSS selector (it is empty)"),
        ({"widths": None}, "widths: found nothing, expected a list of at least 1"),
        ({"cache_dir": ""}, "cache_dir: found text '', expected text that is not empty"),
        ({"cache_dir": ["a"]}, "cache_dir: found a list, expected text that is not empty"),
        ({"cache_dir": {1, 2}}, "cache_dir: found a list, expected text"),
        ({"cache_dir": b"x"}, "cache_dir: found a value of type bytes, expected text"),
        ({"encode": {"max_pixels": 0}}, "encode.max_pixels: found 0, expected a whole number, 1 or more"),
        ({"brand": {"colors": ["#fff"]}}, "brand.colors: found a list, expected a list of 2 to 6 items of: a colour"),
        ({"brand": {"colors": {"acent": "#fff"}}}, "brand.colors.acent: unknown key, did you mean brand.colors.accent"),
        ({"brand": {"colors": {"main": "red"}}}, "brand.colors.main: found text 'red', expected a colour such as"),
        ({"brand": {"colors": {"accent": "#fff"}}}, "brand.colors: found accent, expected at least main"),
        ({"brand": {"colors": 3}}, "brand.colors: found 3, expected a list of 2 to 6 items of: a colour"),
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
def test_error_names_file_key_found_value_expectation_and_suggestion(mapping: Any, fault: str) -> None:
    (only,) = faults(mapping)
    assert only.startswith(f"here.toml: {fault}")


def test_contradicting_budget_levels_are_rejected() -> None:
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


def test_names_of_rules_and_providers_are_checked_if_given() -> None:
    mapping = {"lint": {"rules": {"lcp-byte": "off"}}, "hero": {"provider": "procedual"}}
    load(mapping, "here.toml")
    assert faults(mapping, rules=["lcp-bytes"], providers=["file", "procedural"]) == (
        "here.toml: lint.rules.lcp-byte: unknown rule, did you mean lcp-bytes?",
        "here.toml: hero.provider: found text 'procedual', an unknown provider, did you mean procedural?",
    )


def test_unknown_provider_table_is_rejected() -> None:
    mapping = {"providers": {"libary": {"folder": "x"}, "procedural": None, "diffusers": 3}}
    found = faults(mapping, providers=["procedural", "library", "diffusers"])
    assert found == (
        "here.toml: providers.diffusers: found 3, expected a table of keys",
        "here.toml: providers.libary: unknown provider, did you mean library?",
    )
    assert load({"providers": {"procedural": None}}, "").providers == {"procedural": {}}


@pytest.mark.parametrize(
    ("masters", "expected"),
    [("s3://bucket/heroes/", "s3://bucket/heroes"), ("gs://b", "gs://b"), ("file:///srv/heroes", "file:///srv/heroes")],
)
def test_masters_may_be_a_url(masters: str, expected: str) -> None:
    assert load({"hero": {"masters": masters}}, "").hero.masters == expected


@pytest.mark.parametrize(
    ("hero", "fault"),
    [
        (
            {"masters": "://x"},
            "hero.masters: found an invalid URL ://…, expected a folder inside the project, such as heroes, or",
        ),
        ({"masters": "s3://"}, "hero.masters: found an invalid URL s3://…, expected a folder inside the project"),
        ({"masters": "s3://a b"}, "or a URL, such as s3://bucket/heroes"),
        ({"prompts": "../prompts.toml"}, "expected a file inside the project, such as prompts.toml"),
        (
            {"prompts": "/etc/prompts.toml"},
            "hero.prompts: found text '/etc/prompts.toml', expected a file inside the project",
        ),
        ({"crops": ["3:2"]}, "hero.crops: item 1: found text '3:2', expected one of 1:1, 4:3, 16:9, 1.91:1"),
        ({"label": "badge"}, "hero.label: found text 'badge', expected one of figcaption, overlay, both, none"),
        ({"label": "none"}, "hero.label: found none, expected hero.label_reason with it"),
    ],
)
def test_invalid_hero_paths_are_rejected(hero: dict[str, Any], fault: str) -> None:
    assert fault in faults({"hero": hero})[0]


def test_yaml_and_python_values_are_accepted() -> None:
    """YAML reads a bare `off` as false and an empty section as null; Python has tuples and paths."""
    settings = load({"lint": {"rules": {"alt-missing": False}}, "hero": None, "serve": False}, "mkdocs.yml: imageseo")
    assert settings.lint.rules == {"alt-missing": Severity.OFF}
    assert settings.serve == "off"
    settings = load({"formats": ("webp", "avif"), "cache_dir": PurePosixPath("a/b")}, "pelicanconf.py: IMAGESEO")
    assert (settings.formats, settings.cache_dir) == (("webp", "avif"), "a/b")


def test_long_value_is_shortened_in_the_message() -> None:
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
        mapping = {"budgets": {"lcp-bytes": {"desktop": {"error": text, "warn": 0}}}}
        assert load(mapping, "x").budgets.lcp_bytes.desktop.error == count, "the schema accepts what byte_count accepts"


@pytest.mark.parametrize("text", ["", "KiB", "-1", "1 GiB", "1,5 KiB", "1e3", "１ KiB", -1, True])
def test_invalid_byte_count_is_rejected(text: int | str) -> None:
    with pytest.raises(ValueError, match="not a byte count"):
        byte_count(text)
    (only,) = faults({"budgets": {"lcp-bytes": {"desktop": {"error": text}}}})
    assert 'expected a byte count such as "100 KiB" or 102400' in only


# ---- files


def test_project_without_configuration_gets_defaults(tmp_path: Path) -> None:
    settings, folder = read_project(tmp_path, env={})
    assert (settings.cache_dir, folder) == (".cache/imageseo", tmp_path)


def test_imageseo_toml_and_pyproject_are_read(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text("\ufeffformats = ['webp']\r\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'imageseo-user'\n", encoding="utf-8")
    assert read_project(tmp_path, env={}).settings.formats == ("webp",)
    (tmp_path / CONFIG_NAME).unlink()
    (tmp_path / "pyproject.toml").write_text("[tool.imageseo]\nformats = ['avif']\n", encoding="utf-8")
    assert read_project(tmp_path, env={}).settings.formats == ("avif",)


def test_two_configuration_sources_are_rejected_by_name(tmp_path: Path) -> None:
    toml, pyproject = tmp_path / CONFIG_NAME, tmp_path / "pyproject.toml"
    pyproject.write_text("[tool.imageseo]\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="settings in two places") as caught:
        read_project(tmp_path, env={}, options={"formats": []}, origin="mkdocs.yml: plugins.imageseo")
    assert f"{pyproject}: [tool.imageseo] and mkdocs.yml: plugins.imageseo" in str(caught.value)
    toml.write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match="settings in two places") as caught:
        read_project(tmp_path, env={})
    assert f"{toml} and {pyproject}: [tool.imageseo]" in str(caught.value)
    assert read_project(tmp_path, explicit=toml, env={}).folder == tmp_path, "a named file is the only source"
    with pytest.raises(SettingsError, match="settings in two places"):
        read_project(tmp_path, explicit=toml, env={}, options={"formats": []}, origin="mkdocs.yml: plugins.imageseo")


def test_generator_without_options_uses_imageseo_toml(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text("formats = ['webp']\n", encoding="utf-8")
    assert read_project(tmp_path, env={}, options={}, origin="mkdocs.yml").settings.formats == ("webp",)


def test_errors_in_generator_options_name_the_generators_file(tmp_path: Path) -> None:
    settings, folder = read_project(
        tmp_path, env={}, options={"formats": ["webp"]}, origin="mkdocs.yml: plugins.imageseo"
    )
    assert (settings.formats, folder) == (("webp",), tmp_path)
    with pytest.raises(SettingsError) as caught:
        read_project(tmp_path, env={}, options={"format": []}, origin="mkdocs.yml: plugins.imageseo")
    assert caught.value.faults == ("mkdocs.yml: plugins.imageseo: format: unknown key, did you mean formats?",)


def test_parents_are_searched_up_to_the_repository_root(tmp_path: Path) -> None:
    deep = tmp_path / "repo" / "docs" / "de"
    deep.mkdir(parents=True)
    (tmp_path / CONFIG_NAME).write_text("formats = ['webp']\n", encoding="utf-8")
    assert read_project(deep, env={}).folder == deep, "outside a repository only the folder itself counts"
    (tmp_path / "repo" / ".git").mkdir()
    assert read_project(deep, env={}).settings.formats == ("avif", "webp")
    (tmp_path / "repo" / CONFIG_NAME).write_text("formats = ['avif']\n", encoding="utf-8")
    assert read_project(deep, env={}) == (load({"formats": ["avif"]}, ""), tmp_path / "repo")
    (deep / CONFIG_NAME).write_text("formats = []\n", encoding="utf-8")
    assert read_project(deep, env={}).folder == deep, "the nearest wins"


def test_explicit_file_sets_the_project_folder(tmp_path: Path) -> None:
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
def test_error_in_an_invalid_file_names_the_line(tmp_path: Path, name: str, data: bytes, fault: str) -> None:
    (tmp_path / name).write_bytes(data)
    (only,) = env_faults({}, tmp_path)
    assert only.startswith(f"{tmp_path / name}: ")
    assert fault in only


def test_invalid_pyproject_without_imageseo_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[project\n")
    assert read_project(tmp_path, env={}).settings.formats == ("avif", "webp")


def test_missing_file_and_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_project(tmp_path, explicit=tmp_path / "none.toml", env={})
    (tmp_path / CONFIG_NAME).mkdir()
    assert "cannot be read" in env_faults({}, tmp_path)[0]


@pytest.mark.parametrize("table", ["tool = 3", "[tool]\nimageseo = 'x'", "[[tool.imageseo]]\n"])
def test_pyproject_tables_of_wrong_type(tmp_path: Path, table: str) -> None:
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
        ("BRAND__COLORS", '{main = "#fff"}', "brand.colors", {"main": "#fff"}),
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
def test_environment_variable_sets_one_key(tmp_path: Path, name: str, text: str, path: str, value: object) -> None:
    found: Any = read_project(tmp_path, env={f"IMAGESEO_{name}": text, "PATH": "x", "imageseo_x": "y"}).settings
    for part in path.split("."):
        found = getattr(found, part)
    assert found == value


def test_environment_variables_override_a_file_key_by_key(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text(
        "[hero]\ninsert = 'none'\nguess = false\n[lint.rules]\na-b = 'warn'\nc = 'off'\n", encoding="utf-8"
    )
    env = {"IMAGESEO_HERO__INSERT": "before-h1", "IMAGESEO_LINT__RULES__A_B": "error"}
    settings = read_project(tmp_path, env=env).settings
    assert (settings.hero.insert, settings.hero.guess) == ("before-h1", False)
    assert settings.lint.rules == {"a-b": Severity.ERROR, "c": Severity.OFF}


def test_variables_with_secrets_are_no_settings(tmp_path: Path) -> None:
    env = {"IMAGESEO_C2PA_KEY": "-----BEGIN PRIVATE KEY-----\nx", "IMAGESEO_C2PA_PASSPHRASE": "horse battery"}
    assert read_project(tmp_path, env=env).settings == read_project(tmp_path, env={}).settings


def test_provider_options_are_overridden_key_by_key(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text(
        "[providers.library]\nfolder = 'a'\ndeep = true\n[providers.diffusers]\ndevice = 'cpu'\n", encoding="utf-8"
    )
    env = {"IMAGESEO_PROVIDERS__LIBRARY__FOLDER": "b", "IMAGESEO_PROVIDERS__LIBRARY__DEEP": "off"}
    settings = read_project(tmp_path, env=env, providers=["library", "diffusers"]).settings
    assert settings.providers == {"library": {"folder": "b", "deep": False}, "diffusers": {"device": "cpu"}}


def test_errors_of_variables_are_reported_with_those_of_the_file(tmp_path: Path) -> None:
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


def test_empty_variables_and_non_settings_are_ignored(tmp_path: Path) -> None:
    env = {"IMAGESEO_SITE_URL": "", "IMAGESEO_NO_SUCH": " ", "IMAGESEO_TEST_NPM": "/x", "IMAGESEO_CONFIG": ""}
    assert read_project(tmp_path, env=env).settings == load({}, "")


def test_environment_variable_cannot_inject_a_second_key(tmp_path: Path) -> None:
    assert read_project(tmp_path, env={"IMAGESEO_BRAND__NAME": '"a"\nb = 2'}).settings.brand.name == '"a"\nb = 2'


def test_every_key_has_its_own_environment_variable() -> None:
    names = {variable_name(path): (path, kind) for path, kind in setting_keys() if path != ("lint", "rules")}
    assert {name: find_key(name.removeprefix("IMAGESEO_")) for name in names} == names


# ---- schema


def test_committed_schema_is_up_to_date() -> None:
    committed = (Path(imageseo.__file__).parent / "config/settings.schema.json").read_bytes()
    assert committed == schema_text().encode("ascii"), (
        "run: python -m imageseo.config > imageseo/config/settings.schema.json"
    )


def test_printed_schema_does_not_depend_on_hash_seed() -> None:
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "imageseo.config"],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert done.stdout.replace(b"\r\n", b"\n") == schema_text().encode("ascii")


def test_schema_forbids_unknown_keys_and_contains_every_key() -> None:
    schema = json.loads(schema_text())
    tables = [schema, *schema["$defs"].values()]
    objects = [table for table in tables if table.get("type") == "object"]
    assert all(table["description"] for table in objects)
    open_tables = {table["title"] for table in objects if table["additionalProperties"] is not False}
    assert open_tables == {"QualitySettings", "QualityFloorSettings", "TargetSettings"}, "formats of plug-ins are keys"

    def keys(table: dict[str, Any], above: tuple[str, ...]) -> set[tuple[str, ...]]:
        found: set[tuple[str, ...]] = set()
        for key, item in table["properties"].items():
            inner = schema["$defs"].get(item.get("$ref", "").removeprefix("#/$defs/"))
            found |= keys(inner, (*above, key)) if inner and "properties" in inner else {(*above, key)}
        return found

    assert keys(schema, ()) == {path for path, _ in setting_keys()}


# ---- by path


def test_severities_and_budgets_by_path() -> None:
    mapping = {
        "lint": {"paths": {"blog/*": {"alt-missing": "off", "lcp-lazy": False}}},
        "budgets": {
            "paths": {"blog/*": {"lcp-bytes": {"mobile": {"error": "90 KiB"}}, "image-count": {"phone": {"warn": 3}}}}
        },
    }
    settings = load(mapping, "x")
    assert settings.lint.paths == {"blog/*": {"alt-missing": Severity.OFF, "lcp-lazy": Severity.OFF}}
    assert settings.budgets.paths["blog/*"].lcp_bytes.mobile.error == "90 KiB"
    assert settings.budgets.paths["blog/*"].image_count.phone.warn == 3


@pytest.mark.parametrize(
    ("mapping", "fault"),
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
def test_invalid_severities_and_budgets_by_path(mapping: dict[str, Any], fault: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(mapping, "x", rules=["alt-missing", "lcp-lazy"])
    assert caught.value.faults == (f"x: {fault}",)
