"""From `generate` into a bucket to a frozen build out of it: every cache deleted, the same bytes."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

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


def said(done: subprocess.CompletedProcess[str]) -> str:
    return f"{done.stdout}\n{done.stderr}"


def test_a_frozen_build_out_of_a_bucket_gives_the_same_bytes(s3: Server, tmp_path: Path) -> None:
    here = site(tmp_path / "here", s3)
    untouched = tree(here / "site")
    done = run("imageseo", "generate", "--site", "site", cwd=here)
    assert done.returncode == 0, said(done)
    assert not (here / "heroes").exists()
    pins = tomllib.loads((here / "imageseo.lock").read_text())["hero"]
    assert len(pins) == 2
    assert all("/" not in pin["output"]["file"] for pin in pins)
    for text in (said(done), (here / "imageseo.lock").read_text()):
        assert s3.endpoint not in text
        assert KEY not in text
        assert SECRET not in text
        assert "Unclosed" not in text
    shutil.rmtree(here / ".cache")
    done = run("imageseo", "generate", "--site", "site", cwd=here)
    assert "generate: 2 kept" in done.stdout, said(done)
    done = run("imageseo", "build", "--frozen", "site", cwd=here)
    assert done.returncode == 0, said(done)
    first = tree(here / "site")
    assert sum(name.endswith(".webp") for name in first) >= 2

    shutil.rmtree(here / ".cache")
    shutil.rmtree(here / "site")
    write(here / "site", untouched)
    done = run("imageseo", "build", "--frozen", "site", cwd=here)
    assert done.returncode == 0, said(done)
    assert tree(here / "site") == first, "every cache deleted: all came from the bucket"

    # Another clone, whose variants are gone and whose masters are not, with the server switched off
    off = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{s3_servers.free_port()}"}
    shutil.rmtree(here / "site")
    shutil.rmtree(here / ".cache" / "imageseo" / "v1")
    write(here / "site", untouched)
    done = run("imageseo", "build", "--frozen", "site", cwd=here, env=off)
    assert done.returncode == 0, said(done)
    assert tree(here / "site") == first, "a warm cache asks no network"

    # Cold, and the server switched off: told in words, without its address
    shutil.rmtree(here / ".cache")
    done = run("imageseo", "build", "--frozen", "site", cwd=here, env=off)
    assert done.returncode != 0
    assert "the server cannot be reached" in said(done)
    assert "Traceback" not in said(done)
    assert off["AWS_ENDPOINT_URL"] not in said(done)
