"""Eleventy: its configuration, or its package in package.json."""

from __future__ import annotations

from pathlib import Path

from imageseo.integrations.setup.generator import (
    FoundGenerator,
    first_of,
    node_build,
    node_packages,
    node_steps,
    quoted_value,
    text_of,
)

_CONFIGS = (".eleventy.js", *(f"eleventy.config.{suffix}" for suffix in ("js", "mjs", "cjs", "ts")))
_PACKAGE = "@11ty/eleventy"
_MARKS = ("eleventyConfig", "module.exports", "export default", "addPassthroughCopy", "export const config")


def recognise(folder: Path) -> FoundGenerator | None:
    name = first_of(folder, *_CONFIGS)
    text = text_of(folder / name) if name else ""
    has_package = _PACKAGE in node_packages(folder)
    if not has_package and not any(mark in text for mark in _MARKS):
        return None
    build = node_build(folder, "npx @11ty/eleventy")
    package = (f"{_PACKAGE} in package.json",) if has_package else ()
    source = quoted_value(text, "input") or next((each for each in ("content", "src") if (folder / each).is_dir()), ".")
    return FoundGenerator(
        name="eleventy",
        title="Eleventy",
        evidence=(*filter(None, (name,)), *package),
        build=build,
        output=quoted_value(text, "output") or "_site",
        ci=node_steps(folder, build),
        settings={"content_dir": source},
    )
