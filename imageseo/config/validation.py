"""Checks beyond types: paths inside the project, budget levels in order, existing rules and providers."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PureWindowsPath
from urllib.parse import urlsplit

from imageseo.config.budgets import BudgetSettings, ByteLevels, CountLevels, PathBudgets
from imageseo.config.decoder import SIMILAR, Path, SettingsDecoder
from imageseo.config.fields import byte_count
from imageseo.config.messages import found
from imageseo.config.selector_syntax import fault as selector_fault
from imageseo.model import digital_source_types
from imageseo.model.formats import BUILT_IN, OWN_METRICS
from imageseo.model.suggest import closest


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledNames:
    """The names that settings may have. ``rules``, ``providers``: None: not checked."""

    rules: Collection[str] | None = None
    providers: Collection[str] | None = None
    formats: Collection[str] = BUILT_IN
    metrics: Collection[str] = OWN_METRICS


_REMOTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s]*[^\s/][^\s]*")
_URLS = (("site_url",), ("rights", "license"), ("rights", "acquire_license_page"))


def validate(decoder: SettingsDecoder, names: InstalledNames) -> None:
    """Check and normalise the decoded values; errors are added to the decoder."""
    _check_urls(decoder)
    _check_folders(decoder)
    _check_budgets(decoder)
    _check_names(decoder, names.rules, names.providers)
    _check_formats(decoder, names)
    _check_selectors(decoder)
    _check_brand(decoder)
    _check_source_types(decoder)
    _check_label(decoder)
    values = decoder.values
    if ("widths",) in values:
        values["widths",] = tuple(sorted(set(values["widths",])))
    for path in (("formats",), ("hero", "keys"), ("include",), ("exclude",), ("exclude_pages",)):
        if path in values:
            values[path] = tuple(dict.fromkeys(values[path]))


def _add_error(decoder: SettingsDecoder, path: Path, text: str) -> None:
    decoder.add_error(decoder.origins.get(path, "default"), path, text)


def _check_urls(decoder: SettingsDecoder) -> None:
    for path in _URLS:
        url = decoder.values.get(path)
        if url is None:
            continue
        try:
            parts = urlsplit(url)
            is_valid = bool(parts.hostname) and (parts.port or True) and not any(c.isspace() for c in url)
        except ValueError:
            is_valid = False
        if not is_valid:
            _add_error(decoder, path, f"found {found(url)}, expected an absolute http(s) URL")
        elif path == ("site_url",):
            if parts.query or parts.fragment:
                _add_error(decoder, path, f"found {found(url)}, expected a URL without query and fragment")
            else:
                decoder.values[path] = url.rstrip("/") + "/"


def _check_brand(decoder: SettingsDecoder) -> None:
    path = ("brand", "colors")
    colors = decoder.values.get(path)
    if isinstance(colors, dict) and "main" not in colors:
        _add_error(decoder, path, f"found {', '.join(colors) or 'no role'}, expected at least main")


def _check_label(decoder: SettingsDecoder) -> None:
    if decoder.values.get(("hero", "label")) == "none" and not decoder.values.get(("hero", "label_reason")):
        text = "found none, expected hero.label_reason with it: why the site needs no label of its own"
        _add_error(decoder, ("hero", "label"), text)


def _check_source_types(decoder: SettingsDecoder) -> None:
    for path, name in list(decoder.values.items()):
        if path[0] == "digital_source_type" and digital_source_types.uri_of(name) is None:
            _add_error(decoder, path, f"found {found(name)}, {_expected_name(name, digital_source_types.CODES)}")


def _check_folders(decoder: SettingsDecoder) -> None:
    for group, key, what in (
        ("hero", "masters", "a folder inside the project, such as heroes"),
        ("hero", "publish", "a folder inside the built site, such as heroes"),
        ("hero", "prompts", "a file inside the project, such as prompts.toml"),
        ("alt", "file", "a file inside the project, such as alt-drafts.toml"),
    ):
        path = (group, key)
        text = decoder.values.get(path)
        if text is None:
            continue
        if key == "masters" and "://" in text:
            if _REMOTE.fullmatch(text.strip()) is None:
                # It may contain a password: only its scheme is repeated.
                scheme = text.strip().partition("://")[0]
                _add_error(
                    decoder,
                    path,
                    f"found an invalid URL {scheme}://…, expected {what}, or a URL, such as s3://bucket/heroes",
                )
            else:
                decoder.values[path] = text.strip().rstrip("/")
            continue
        clean = posixpath.normpath(text.strip().replace("\\", "/"))
        if clean.startswith(("/", "../")) or clean == ".." or PureWindowsPath(clean).drive:
            _add_error(decoder, path, f"found {found(text)}, expected {what}")
        else:
            decoder.values[path] = clean


def _check_budgets(decoder: SettingsDecoder) -> None:
    defaults = BudgetSettings()
    for metric, field in (
        (name.replace("_", "-"), name) for name in BudgetSettings.__struct_fields__ if name != "paths"
    ):
        levels = getattr(defaults, field)
        for viewport in levels.__struct_fields__:
            _check_levels(decoder, ("budgets", metric, viewport), getattr(levels, viewport))
    for path, table in list(decoder.values.items()):
        if path[:2] == ("budgets", "paths"):
            _check_path_budgets(decoder, path, table)


def _check_levels(decoder: SettingsDecoder, above: Path, default: ByteLevels | CountLevels) -> None:
    warn_path, error_path = (*above, "warn"), (*above, "error")
    warn = byte_count(decoder.values.get(warn_path, default.warn))
    error = byte_count(decoder.values.get(error_path, default.error))
    if warn_path not in decoder.values and error:
        warn = min(warn, error)  # a user who only lowers `error` need not know the default of `warn`
    if warn and error and warn > error:
        unit = "" if above[1] == "image-count" else " bytes"
        note = "" if error_path in decoder.values else " (the default)"
        _add_error(decoder, warn_path, f"found {warn}{unit}, expected no more than error, which is {error}{note}")
    decoder.values[warn_path], decoder.values[error_path] = warn, error


def _check_path_budgets(decoder: SettingsDecoder, path: Path, table: PathBudgets) -> None:
    """Check the levels for some pages: in order if both are set; counts of images without units."""
    for field in PathBudgets.__struct_fields__:
        viewports = getattr(table, field)
        for name in viewports.__struct_fields__:
            levels = getattr(viewports, name)
            where = (*path, field.replace("_", "-"), name)
            if field == "image_count" and any(isinstance(each, str) for each in (levels.warn, levels.error)):
                text = f"found {found(levels.warn or levels.error)}, expected a number of images"
                decoder.add_error(decoder.origins.get(path, "default"), where, text)
            elif levels.warn is not None and levels.error is not None:
                warn, error = byte_count(levels.warn), byte_count(levels.error)
                if warn and error and warn > error:
                    text = f"found {warn}, expected no more than error, which is {error}"
                    decoder.add_error(decoder.origins.get(path, "default"), (*where, "warn"), text)


def _check_names(decoder: SettingsDecoder, rules: Collection[str] | None, providers: Collection[str] | None) -> None:
    for path in sorted(decoder.values):
        if rules is not None and path[:2] == ("lint", "rules") and path[2] not in rules:
            _add_error(decoder, path, "unknown rule" + _suggestion(path[2], rules))
        if rules is not None and path[:2] == ("lint", "paths"):
            for name in decoder.values[path]:
                if name not in rules:
                    decoder.add_error(decoder.origins[path], (*path, name), "unknown rule" + _suggestion(name, rules))
        if providers is not None and path[0] == "providers" and path[1] not in providers:
            _add_error(decoder, path, "unknown provider" + _suggestion(path[1], providers))
    provider = decoder.values.get(("hero", "provider"))
    if providers is not None and provider is not None and provider not in providers:
        _add_error(
            decoder,
            ("hero", "provider"),
            f"found {found(provider)}, an unknown provider{_suggestion(provider, providers)}",
        )


def _check_formats(decoder: SettingsDecoder, names: InstalledNames) -> None:
    path: Path = ("formats",)
    for number, name in enumerate(decoder.values.get(path, ()), 1):
        if name not in names.formats:
            _add_error(decoder, path, f"item {number}: found {found(name)}, {_expected_name(name, names.formats)}")
    known = {*names.formats, "jpeg"}
    for path in sorted(decoder.values):
        if path[:2] == ("quality", "paths"):
            for name in decoder.values[path]:
                if name not in known:
                    decoder.add_error(decoder.origins[path], (*path, name), "unknown format" + _suggestion(name, known))
    path = ("encode", "metric")
    name = decoder.values.get(path)
    if name is not None and name not in names.metrics:
        _add_error(decoder, path, f"found {found(name)}, {_expected_name(name, names.metrics)}")


def _expected_name(name: str, valid_names: Collection[str]) -> str:
    match = closest(name, valid_names, cutoff=SIMILAR)
    return f"expected one of {', '.join(valid_names)}" + (f"; did you mean {match}?" if match else "")


def _check_selectors(decoder: SettingsDecoder) -> None:
    for path in (("include",), ("exclude",)):
        for selector in decoder.values.get(path, ()):
            if (reason := selector_fault(selector)) is not None:
                _add_error(decoder, path, f"found {found(selector)}, {reason}")


def _suggestion(name: str, valid_names: Collection[str]) -> str:
    match = closest(name, valid_names)
    return f", did you mean {match}?" if match else f", expected one of {', '.join(sorted(valid_names))}"
