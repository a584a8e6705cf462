"""Jekyll: _config.yml with a second mark; Hexo has a file of that name, too."""

from __future__ import annotations

from pathlib import Path

from imageseo.integrations.setup.generator import (
    CiSteps,
    FoundGenerator,
    first_of,
    folders_of,
    keys_of,
    node_packages,
    parsed,
    site_address,
    text_at,
    text_of,
)

_KEYS = (
    "collections",
    "defaults",
    "markdown",
    "kramdown",
    "permalink",
    "plugins",
    "remote_theme",
    "baseurl",
    "exclude",
)


def recognise(folder: Path) -> FoundGenerator | None:
    name = first_of(folder, "_config.yml", "_config.yaml", "_config.toml")
    if not name or "hexo" in node_packages(folder) or (folder / "scaffolds").is_dir():
        return None
    table = parsed(folder / name)
    gemfile = text_of(folder / "Gemfile")
    marks = [
        *(["Gemfile with jekyll"] if "jekyll" in gemfile or "github-pages" in gemfile else []),
        *(f"{each}/" for each in folders_of(folder, "_posts", "_layouts", "_includes", "_data", "_drafts")),
        *(f"`{key}` in it" for key in keys_of(table, *_KEYS)),
    ]
    if not marks:
        return None
    address = site_address(text_at(table, "url"), text_at(table, "baseurl"))
    build = "bundle exec jekyll build" if gemfile else "jekyll build"
    install = "bundle install" if gemfile else "gem install jekyll"
    return FoundGenerator(
        name="jekyll",
        title="Jekyll",
        evidence=(name, marks[0]),
        build=build,
        output=text_at(table, "destination").removeprefix("./") or "_site",
        ci=CiSteps(install=(install,), build=build, image="ruby:3.3"),
        settings={**({"site_url": address} if address else {}), "content_dir": text_at(table, "source") or "."},
    )
