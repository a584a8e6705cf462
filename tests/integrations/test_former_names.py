"""Hooks that were copied from an earlier release still work: they import ``imageseo.hosts``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.small_sites import mkdocs_site, run

MKDOCS_HOOK = (
    '"""A copyable door for MkDocs and ProperDocs."""\n\n'
    "from imageseo.hosts.mkdocs import on_config, on_env, on_page_markdown, on_post_build, on_serve, on_startup\n\n"
    '__all__ = ["on_config", "on_env", "on_page_markdown", "on_post_build", "on_serve", "on_startup"]\n'
)


@pytest.mark.slow
@pytest.mark.parametrize("host", ["mkdocs", "properdocs"])
def test_copied_mkdocs_hook_of_an_earlier_release_works(tmp_path: Path, host: str) -> None:
    site = mkdocs_site(tmp_path, config="plugins: []\nhooks: [mkdocs_hook.py]\n", files={"mkdocs_hook.py": MKDOCS_HOOK})
    done = run(host, "build", "-f", "mkdocs.yml", cwd=site)
    assert done.returncode == 0, done.stderr
    assert b"data-imageseo" in (site / "site/index.html").read_bytes()


@pytest.mark.parametrize(
    "code",
    [
        "from imageseo.hosts.pelican import register",
        "import imageseo.hosts.pelican; register = imageseo.hosts.pelican.register",
        "from imageseo.hosts import pelican; register = pelican.register",
        "from importlib import import_module; register = import_module('imageseo.hosts.pelican').register",
    ],
)
def test_former_names_are_the_new_objects(code: str) -> None:
    code += "\nimport sys; assert 'mkdocs' not in sys.modules\n"
    code += "from imageseo.integrations.pelican import register as new\nassert register is new"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_unknown_former_module_is_an_import_error() -> None:
    with pytest.raises(ModuleNotFoundError):
        __import__("imageseo.hosts.directory")
