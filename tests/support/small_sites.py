"""Small sites of every host, made in a folder, and the host's real command run on them."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support import forked, pictures

THEME = """<!doctype html><html lang="en"><head><title>{{ page.title }}</title>
{% if page.canonical_url %}<link rel="canonical" href="{{ page.canonical_url }}">{% endif %}</head>
<body><main><article>{{ page.content }}</article></main></body></html>
"""


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Files by path, with their folders."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@functools.cache
def photo(width: int = 500, height: int = 300, seed: int = 1) -> bytes:
    return pictures.save(pictures.photo(width, height, seed), "JPEG", quality=88)


def mkdocs_site(folder: Path, *, config: str = "", files: Mapping[str, str | bytes] | None = None) -> Path:
    """Two pages, a README as an index, with our plugin on unless ``config`` speaks of plugins or hooks."""
    plugins = "" if "plugins:" in config or "hooks:" in config else "plugins:\n  - imageseo\n"
    base = "site_name: Small\nsite_url: https://example.org/docs/\ntheme:\n  name: null\n  custom_dir: theme\n"
    return write(
        folder,
        {
            "mkdocs.yml": f"{base}{plugins}{config}",
            "theme/main.html": THEME,
            "docs/index.md": "# Home\n\n![A photo](images/home.jpg)\n",
            "docs/images/home.jpg": photo(),
            "docs/guide/README.md": "---\nhero: shots/guide.jpg\n---\n# Guide\n\n![A shot](shots/guide.jpg)\n",
            "docs/guide/shots/guide.jpg": photo(seed=2),
            **(files or {}),
        },
    )


def pelican_site(folder: Path, *, config: str = "", files: Mapping[str, str | bytes] | None = None) -> Path:
    """An article and a page."""
    feeds = "FEED_ALL_ATOM = CATEGORY_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None\n"
    base = f'AUTHOR = "A"\nSITENAME = "Small"\nSITEURL = "https://example.org/blog"\nPATH = "content"\n{feeds}'
    return write(
        folder,
        {
            "pelicanconf.py": f'{base}TIMEZONE = "UTC"\nTHEME = "simple"\n{config}',
            "content/first.md": "Title: First\nDate: 2024-01-01\n\n![A photo]({static}/images/photo.jpg)\n",
            "content/pages/about.md": "Title: About\n\n![A photo]({static}/images/photo.jpg)\n",
            "content/images/photo.jpg": photo(),
            **(files or {}),
        },
    )


def sphinx_site(folder: Path, *, config: str = "", files: Mapping[str, str | bytes] | None = None) -> Path:
    """A page with a drawn hero, one with a hero of its own, and one with an image."""
    base = 'project = "Small"\nextensions = ["imageseo.integrations.sphinx"]\nexclude_patterns = ["_build"]\n'
    return write(
        folder,
        {
            "conf.py": f'{base}html_baseurl = "https://example.org/docs/"\n{config}',
            "index.rst": ":hero: {style: topo, width: 320, height: 180, alt: Lines}\n\nHome\n====\n\n"
            ".. toctree::\n\n   guide/start\n   guide/photo\n",
            "guide/start.rst": ".. A comment\n   of two lines\n\n:hero: shots/guide.jpg\n:hero-alt: A \\*shot*\n\n"
            "Start\n=====\n\nText.\n",
            "guide/photo.rst": "Photo\n=====\n\n.. image:: /images/home.jpg\n   :alt: A photo\n",
            "guide/shots/guide.jpg": photo(seed=2),
            "images/home.jpg": photo(),
            **(files or {}),
        },
    )


def run(
    *command: str, cwd: Path, env: Mapping[str, str] | None = None, afresh: bool = False, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """A command of this environment: ``mkdocs``, ``properdocs``, ``pelican``, ``imageseo``; never raises.

    ``afresh``: in an interpreter that is started for it, with another hash seed, instead of a forked one.
    """
    variables = environment(env)
    done = None if afresh else forked.run(command, cwd=cwd, env=variables, usual=environment(), timeout=timeout)
    return done or subprocess.run(
        words(*command), cwd=cwd, env=variables, capture_output=True, text=True, timeout=timeout
    )


def words(*command: str) -> list[str]:
    name, *rest = command
    return [sys.executable, "-m", name, *rest]


def environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of such a command. It hurries, for few tests are about how small files get or about decoders that
    crash: those set ``IMAGESEO_PROFILE`` or ``IMAGESEO_ENCODE__ISOLATE`` to nothing.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("IMAGESEO_")}
    ours = {"COLUMNS": "400", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**inherited, **ours, "IMAGESEO_PROFILE": "fast", "IMAGESEO_ENCODE__ISOLATE": "false", **(env or {})}


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def installed() -> None:
    """Hosts find our plugin by its entry point: without an installation their tests would test nothing."""
    from importlib.metadata import entry_points

    if not any(entry.name == "imageseo" for entry in entry_points(group="mkdocs.plugins")):
        pytest.fail("imageseo is not installed here: pip install --no-deps -e .")
