"""The JSON Schema of the settings, for editors."""

from __future__ import annotations

import json

import msgspec

from imageseo.config.fields import OTHERS
from imageseo.config.settings import Settings


def schema_text() -> str:
    """Return the JSON Schema 2020-12 of ``imageseo.toml``, as committed in imageseo/config/settings.schema.json."""
    schema = msgspec.json.schema(Settings)
    for table in schema["$defs"].values():
        if (others := table.get("properties", {}).pop(OTHERS, None)) is not None:  # keys of plug-ins
            table["additionalProperties"] = others["additionalProperties"]
        for key in table.get("properties", {}).values():
            if isinstance(default := key.get("default"), dict):
                default.pop(OTHERS, None)
    top = schema.pop("$ref").removeprefix("#/$defs/")
    root = schema["$defs"].pop(top)
    full = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **root,
        "title": "imageseo",
        "$defs": schema["$defs"],
    }
    return json.dumps(full, indent=2, ensure_ascii=True) + "\n"
