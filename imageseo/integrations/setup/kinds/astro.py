"""Astro: astro.config with its package, or with Astro's own import."""

from __future__ import annotations

from pathlib import Path

from imageseo.integrations.setup.generator import (
    FoundGenerator,
    first_of,
    node_build,
    node_packages,
    node_steps,
    quoted_value,
    site_address,
    text_of,
)

_CONFIGS = tuple(f"astro.config.{suffix}" for suffix in ("mjs", "js", "ts", "mts", "cjs", "cts"))


def recognise(folder: Path) -> FoundGenerator | None:
    name = first_of(folder, *_CONFIGS)
    text = text_of(folder / name) if name else ""
    has_package = "astro" in node_packages(folder)
    marks = [
        *([name] if name else []),
        *(["astro in package.json"] if has_package else []),
        *(["`astro/config` in it"] if "astro/config" in text or "defineConfig" in text else []),
        *(["src/pages/"] if (folder / "src/pages").is_dir() else []),
    ]
    if len(marks) < 2 or not (name or has_package):
        return None
    build = node_build(folder, "npx astro build")
    address = site_address(quoted_value(text, "site"), quoted_value(text, "base"))
    source = next((each for each in ("src/content", "src/pages") if (folder / each).is_dir()), "src")
    return FoundGenerator(
        name="astro",
        title="Astro",
        evidence=tuple(marks[:2]),
        build=build,
        output=quoted_value(text, "outDir") or "dist",
        ci=node_steps(folder, build),
        settings={**({"site_url": address} if address else {}), "content_dir": source},
    )
