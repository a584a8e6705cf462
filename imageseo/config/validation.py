"""What no type can say: paths that stay inside, budgets in order, rules and providers that exist."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from pathlib import PureWindowsPath
from urllib.parse import urlsplit

from imageseo.config.budgets import BudgetSettings, ByteLevels, CountLevels, PathBudgets
from imageseo.config.decoder import Path, SettingsDecoder
from imageseo.config.fields import byte_count
from imageseo.config.messages import found
from imageseo.model.suggest import closest

_REMOTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s]*[^\s/][^\s]*")
_URLS = (("site_url",), ("rights", "license"), ("rights", "acquire_license_page"))


def validate(reading: SettingsDecoder, *, rules: Collection[str] | None, providers: Collection[str] | None) -> None:
    """Check values against each other and bring them to one form; faults go into the reading.

    ``rules``, ``providers``: the ids that exist; None leaves them unchecked.
    """
    _urls(reading)
    _folders(reading)
    _budgets(reading)
    _names(reading, rules, providers)
    values = reading.values
    if ("widths",) in values:
        values["widths",] = tuple(sorted(set(values["widths",])))
    for path in (("formats",), ("hero", "keys"), ("include",), ("exclude",), ("exclude_pages",)):
        if path in values:
            values[path] = tuple(dict.fromkeys(values[path]))


def _fault(reading: SettingsDecoder, path: Path, text: str) -> None:
    reading.fault(reading.origins.get(path, "default"), path, text)


def _urls(reading: SettingsDecoder) -> None:
    for path in _URLS:
        url = reading.values.get(path)
        if url is None:
            continue
        try:
            parts = urlsplit(url)
            sound = bool(parts.hostname) and (parts.port or True) and not any(c.isspace() for c in url)
        except ValueError:
            sound = False
        if not sound:
            _fault(reading, path, f"found {found(url)}, expected an absolute http(s) URL")
        elif path == ("site_url",):
            if parts.query or parts.fragment:
                _fault(reading, path, f"found {found(url)}, expected a URL without query and fragment")
            else:
                reading.values[path] = url.rstrip("/") + "/"


def _folders(reading: SettingsDecoder) -> None:
    for key, what in (
        ("masters", "a folder inside the project, such as heroes"),
        ("publish", "a folder inside the built site, such as heroes"),
        ("prompts", "a file inside the project, such as prompts.toml"),
    ):
        path = ("hero", key)
        text = reading.values.get(path)
        if text is None:
            continue
        if key == "masters" and "://" in text:
            if _REMOTE.fullmatch(text.strip()) is None:
                # It may hold a password: only its scheme is repeated.
                scheme = text.strip().partition("://")[0]
                _fault(
                    reading,
                    path,
                    f"found a URL {scheme}://… that is none, expected {what}, or a URL, such as s3://bucket/heroes",
                )
            else:
                reading.values[path] = text.strip().rstrip("/")
            continue
        clean = posixpath.normpath(text.strip().replace("\\", "/"))
        if clean.startswith(("/", "../")) or clean == ".." or PureWindowsPath(clean).drive:
            _fault(reading, path, f"found {found(text)}, expected {what}")
        else:
            reading.values[path] = clean


def _budgets(reading: SettingsDecoder) -> None:
    defaults = BudgetSettings()
    for metric, field in (
        (name.replace("_", "-"), name) for name in BudgetSettings.__struct_fields__ if name != "paths"
    ):
        levels = getattr(defaults, field)
        for viewport in levels.__struct_fields__:
            _levels(reading, ("budgets", metric, viewport), getattr(levels, viewport))
    for path, table in list(reading.values.items()):
        if path[:2] == ("budgets", "paths"):
            _path_budgets(reading, path, table)


def _levels(reading: SettingsDecoder, above: Path, default: ByteLevels | CountLevels) -> None:
    warn_path, error_path = (*above, "warn"), (*above, "error")
    warn = byte_count(reading.values.get(warn_path, default.warn))
    error = byte_count(reading.values.get(error_path, default.error))
    if warn_path not in reading.values and error:
        warn = min(warn, error)  # who only lowers `error` does not have to know the default of `warn`
    if warn and error and warn > error:
        unit = "" if above[1] == "image-count" else " bytes"
        beside = "" if error_path in reading.values else " (the default)"
        _fault(reading, warn_path, f"found {warn}{unit}, expected no more than error, which is {error}{beside}")
    reading.values[warn_path], reading.values[error_path] = warn, error


def _path_budgets(reading: SettingsDecoder, path: Path, table: PathBudgets) -> None:
    """Levels of some pages: in order where both are set, and of images no fractions and no units."""
    for field in PathBudgets.__struct_fields__:
        viewports = getattr(table, field)
        for name in viewports.__struct_fields__:
            levels = getattr(viewports, name)
            where = (*path, field.replace("_", "-"), name)
            if field == "image_count" and any(isinstance(each, str) for each in (levels.warn, levels.error)):
                text = f"found {found(levels.warn or levels.error)}, expected a number of images"
                reading.fault(reading.origins.get(path, "default"), where, text)
            elif levels.warn is not None and levels.error is not None:
                warn, error = byte_count(levels.warn), byte_count(levels.error)
                if warn and error and warn > error:
                    text = f"found {warn}, expected no more than error, which is {error}"
                    reading.fault(reading.origins.get(path, "default"), (*where, "warn"), text)


def _names(reading: SettingsDecoder, rules: Collection[str] | None, providers: Collection[str] | None) -> None:
    for path in sorted(reading.values):
        if rules is not None and path[:2] == ("lint", "rules") and path[2] not in rules:
            _fault(reading, path, "unknown rule" + _near(path[2], rules))
        if rules is not None and path[:2] == ("lint", "paths"):
            for name in reading.values[path]:
                if name not in rules:
                    reading.fault(reading.origins[path], (*path, name), "unknown rule" + _near(name, rules))
        if providers is not None and path[0] == "providers" and path[1] not in providers:
            _fault(reading, path, "unknown provider" + _near(path[1], providers))
    provider = reading.values.get(("hero", "provider"))
    if providers is not None and provider is not None and provider not in providers:
        _fault(
            reading,
            ("hero", "provider"),
            f"found {found(provider)}, which no provider is called{_near(provider, providers)}",
        )


def _near(word: str, known: Collection[str]) -> str:
    near = closest(word, known)
    return f", did you mean {near}?" if near else f", expected one of {', '.join(sorted(known))}"
