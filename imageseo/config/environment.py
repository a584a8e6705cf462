"""Settings from IMAGESEO_… environment variables: one key each, ``__`` for the dot, values in TOML or as bare text."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Collection, Mapping
from typing import Any, get_args, get_origin

from imageseo.config.decoder import Path, SettingsDecoder, setting_keys
from imageseo.config.messages import is_struct, keys_of, members, type_for_formats, unwrap
from imageseo.config.provenance import C2PA_KEY, C2PA_PASSPHRASE
from imageseo.config.settings import Settings
from imageseo.model.suggest import closest

PREFIX = "IMAGESEO_"
CONFIG = "IMAGESEO_CONFIG"  # the path of a configuration file, like --config
TEST_PREFIX = "IMAGESEO_TEST_"  # read by the test suite alone
_NO_SETTINGS = frozenset({CONFIG, C2PA_KEY, C2PA_PASSPHRASE})
_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def apply_environment(decoder: SettingsDecoder, env: Mapping[str, str]) -> None:
    """Decode the settings of the environment, which override all other sources. An empty variable counts as unset."""
    for name in sorted(env):
        if not name.startswith(PREFIX) or name.startswith(TEST_PREFIX):
            continue
        if name in _NO_SETTINGS or not env[name].strip():
            continue
        origin = f"environment variable {name}"
        key_and_type = find_key(name.removeprefix(PREFIX), decoder.formats)
        if key_and_type is None:
            near = closest(
                name.removeprefix(PREFIX), [variable_name(path).removeprefix(PREFIX) for path, _ in setting_keys()]
            )
            decoder.add_error(origin, (), f"no such setting{f', did you mean {PREFIX}{near}?' if near else ''}")
            continue
        path, kind = key_and_type
        value: Any = _parse_value(env[name].strip(), kind)
        for key in reversed(path):
            value = {key: value}
        decoder.add(value, origin)


def variable_name(path: Path) -> str:
    """Return the variable that overrides a key: IMAGESEO_HERO__INSERT for hero.insert."""
    return PREFIX + "__".join(path).replace("-", "_").upper()


def find_key(name: str, formats: Collection[str] = ()) -> tuple[Path, Any] | None:
    """Return the key of a variable (without prefix) and the key's type; None if there is no such key.

    ``formats``: those of plug-ins.
    """
    path: Path = ()
    kind: Any = Settings
    for part in name.lower().split("__"):
        base, _ = unwrap(kind)
        if get_origin(base) is dict and part:
            kind = get_args(base)[1]
            # Names of rules contain dashes; those of providers and their options contain underscores.
            path = (*path, part if path[:1] == ("providers",) else part.replace("_", "-"))
            continue
        keys = {key.replace("-", "_"): key for key in keys_of(base)} if is_struct(base) else {}
        if part in formats and part not in keys and is_struct(base) and (other := type_for_formats(base)) is not None:
            path, kind = (*path, part), other
            continue
        if part not in keys:
            return None
        key = keys[part]
        path, kind = (*path, key), keys_of(base)[key]
    return path, kind


def _parse_value(text: str, kind: Any) -> Any:
    """Return the value of a text for the given type; the text itself if it cannot be parsed as that type."""
    base = members(kind)[0]
    parsed = _parse_toml(text)
    if base is bool:
        return _BOOLEANS.get(text.lower(), text)
    if get_origin(base) is tuple:
        if isinstance(parsed, list | dict):
            return parsed
        return [_parse_value(item.strip(), get_args(base)[0]) for item in text.split(",") if item.strip()]
    if base is Any:
        return _BOOLEANS.get(text.lower(), text) if parsed is None else parsed
    if base is int or get_origin(base) is dict or is_struct(base):
        return text if parsed is None else parsed
    return parsed if isinstance(parsed, str) else text


def _parse_toml(text: str) -> Any:
    """Return the TOML value of a text, or None if it is not TOML (TOML has no null)."""
    with contextlib.suppress(ValueError, RecursionError):
        table = tomllib.loads(f"value = {text}")
        if set(table) == {"value"}:
            return table["value"]
    return None
