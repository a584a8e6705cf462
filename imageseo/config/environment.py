"""IMAGESEO_… variables: one key each, ``__`` for the dot, values in TOML or as bare text."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from imageseo.config.decoder import Path, SettingsDecoder, setting_keys
from imageseo.config.messages import is_struct, keys_of, members, unwrap
from imageseo.config.settings import Settings
from imageseo.model.suggest import closest

PREFIX = "IMAGESEO_"
CONFIG = "IMAGESEO_CONFIG"  # the path of a configuration file, like --config
TESTS = "IMAGESEO_TEST_"  # read by the test suite alone
_TRUTH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def overlay(reading: SettingsDecoder, env: Mapping[str, str]) -> None:
    """Lay every setting of the environment over the reading. An empty variable counts as not set."""
    for name in sorted(env):
        if not name.startswith(PREFIX) or name == CONFIG or name.startswith(TESTS) or not env[name].strip():
            continue
        origin = f"environment variable {name}"
        found = locate(name.removeprefix(PREFIX))
        if found is None:
            near = closest(
                name.removeprefix(PREFIX), [variable(path).removeprefix(PREFIX) for path, _ in setting_keys()]
            )
            reading.fault(origin, (), f"no such setting{f', did you mean {PREFIX}{near}?' if near else ''}")
            continue
        path, kind = found
        value: Any = _decode(env[name].strip(), kind)
        for key in reversed(path):
            value = {key: value}
        reading.add(value, origin)


def variable(path: Path) -> str:
    """The variable that overrides a key: IMAGESEO_HERO__INSERT for hero.insert."""
    return PREFIX + "__".join(path).replace("-", "_").upper()


def locate(name: str) -> tuple[Path, Any] | None:
    """The key that a variable (without its prefix) stands for, and its type; None when there is none."""
    path: Path = ()
    kind: Any = Settings
    for part in name.lower().split("__"):
        base, _ = unwrap(kind)
        if get_origin(base) is dict and part:
            kind = get_args(base)[1]
            # Rules have dashes in their names; providers and their options have underscores.
            path = (*path, part if path[:1] == ("providers",) else part.replace("_", "-"))
            continue
        known = {key.replace("-", "_"): key for key in keys_of(base)} if is_struct(base) else {}
        if part not in known:
            return None
        key = known[part]
        path, kind = (*path, key), keys_of(base)[key]
    return path, kind


def _decode(text: str, kind: Any) -> Any:
    """The value that a text stands for where a type is wanted; the text itself when it stands for nothing else."""
    base = members(kind)[0]
    parsed = _toml(text)
    if base is bool:
        return _TRUTH.get(text.lower(), text)
    if get_origin(base) is tuple:
        if isinstance(parsed, list):
            return parsed
        return [_decode(item.strip(), get_args(base)[0]) for item in text.split(",") if item.strip()]
    if base is Any:
        return _TRUTH.get(text.lower(), text) if parsed is None else parsed
    if base is int or get_origin(base) is dict or is_struct(base):
        return text if parsed is None else parsed
    return parsed if isinstance(parsed, str) else text


def _toml(text: str) -> Any:
    """The TOML value in a text, or None (TOML has none of its own)."""
    with contextlib.suppress(tomllib.TOMLDecodeError, RecursionError):
        table = tomllib.loads(f"value = {text}")
        if set(table) == {"value"}:
            return table["value"]
    return None
