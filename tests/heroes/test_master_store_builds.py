"""`generate` into a bucket, and frozen builds from it with deleted and with warm caches."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.support import s3_servers
from tests.support.s3_servers import BUCKET, KEY, SECRET, Server, moto_server, quick_clients, rclone_server, s3
from tests.support.small_sites import run, tree, write

__all__ = ["moto_server", "quick_clients", "rclone_server", "s3"]  # fixtures

PAGE = "<html><head><title>{0}</title></head><body><main><h1>{0}</h1><p>Text.</p></main></body></html>"
HEROES = """
["index.html"]
style = "topo"
seed = 3
width = 320
height = 180
alt = "Lines"

["about.html"]
style = "paper"
seed = 4
width = 320
height = 180
alt = "Sheets"
"""


def site(folder: Path, server: Server) -> Path:
    return write(
        folder,
        {
            "site/index.html": PAGE.format("Start"),
            "site/about.html": PAGE.format("About"),
            "heroes.toml": HEROES,
            "imageseo.toml": f'formats = ["webp"]\n[hero]\nmasters = "s3://{BUCKET}/builds-{server.name}"\n',
        },
    )


def output_of(done: subprocess.CompletedProcess[str]) -> str:
    return f"{done.stdout}\n{done.stderr}"


@pytest.mark.slow
def test_frozen_build_from_a_bucket_gives_the_same_bytes(s3: Server, tmp_path: Path) -> None:
    project = site(tmp_path / "project", s3)
    before = tree(project / "site")
    done = run("imageseo", "generate", "--site", "site", cwd=project)
    assert done.returncode == 0, output_of(done)
    assert not list((project / "heroes").glob("*.png"))
    pins = tomllib.loads((project / "imageseo.lock").read_text())["hero"]
    assert len(pins) == 2
    assert all("/" not in pin["output"]["file"] for pin in pins)
    for text in (output_of(done), (project / "imageseo.lock").read_text()):
        assert s3.endpoint not in text
        assert KEY not in text
        assert SECRET not in text
        assert "Unclosed" not in text
    shutil.rmtree(project / ".cache")
    done = run("imageseo", "generate", "--site", "site", cwd=project)
    assert "generate: 2 kept" in done.stdout, output_of(done)
    done = run("imageseo", "build", "--frozen", "site", cwd=project)
    assert done.returncode == 0, output_of(done)
    first = tree(project / "site")
    assert sum(name.endswith(".webp") for name in first) >= 2

    shutil.rmtree(project / ".cache")
    shutil.rmtree(project / "site")
    write(project / "site", before)
    done = run("imageseo", "build", "--frozen", "site", cwd=project)
    assert done.returncode == 0, output_of(done)
    assert tree(project / "site") == first, "without caches, all masters come from the bucket"

    # Another clone with cached masters but without variants, and without a server
    off = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{s3_servers.free_port()}"}
    shutil.rmtree(project / "site")
    shutil.rmtree(project / ".cache" / "imageseo" / "v1")
    write(project / "site", before)
    done = run("imageseo", "build", "--frozen", "site", cwd=project, env=off)
    assert done.returncode == 0, output_of(done)
    assert tree(project / "site") == first, "a warm cache needs no network"

    # Without caches and without a server: a message without its address
    shutil.rmtree(project / ".cache")
    done = run("imageseo", "build", "--frozen", "site", cwd=project, env=off)
    assert done.returncode != 0
    assert "the server cannot be reached" in output_of(done)
    assert "Traceback" not in output_of(done)
    assert off["AWS_ENDPOINT_URL"] not in output_of(done)
