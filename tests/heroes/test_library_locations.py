"""A team's pictures at an fsspec URL: listed, fetched once, verified, and picked as those of a folder are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imageseo.heroes.providers.asset_library import locations
from imageseo.heroes.providers.library import PROVIDER, Library
from imageseo.model.errors import ProviderError
from imageseo.model.hero import Master, Recipe
from imageseo.model.protocols import ProviderContext
from imageseo.storage.remote import Limits, Remote
from tests.support import small_sites
from tests.support.s3_servers import BUCKET, KEY, SECRET, Server, moto_server, quick_clients, rclone_server, s3
from tests.support.small_sites import run, write

fsspec: Any = pytest.importorskip("fsspec")

__all__ = ["moto_server", "quick_clients", "rclone_server", "s3"]  # fixtures

FREE = 'license = "CC0-1.0"\n'
FILES: dict[str, str | bytes] = {
    "harbour.jpg": small_sites.photo(480, 300, seed=1),
    "harbour.jpg.toml": f'title = "The harbour at dawn"\nalt = "Boats"\ncreator = "Ann Lee"\n{FREE}',
    "hills/tower.jpg": small_sites.photo(480, 300, seed=2),
    "library.toml": f'[defaults]\n{FREE}[pictures."hills/tower.jpg"]\ntitle = "A tower of brick"\n',
    "notes.txt": "no picture",
    ".hidden/secret.jpg": small_sites.photo(480, 300, seed=3),
}


def furnish(url: str, **options: Any) -> None:
    system, root = fsspec.core.url_to_fs(url, **options)
    for name, data in FILES.items():
        system.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
        system.pipe_file(f"{root}/{name}", data.encode() if isinstance(data, str) else data)


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> Iterator[str]:
    """A bucket in this process's memory."""
    url = f"memory://{request.node.name.partition('[')[0]}"
    furnish(url)
    yield url
    fsspec.filesystem("memory").rm(url, recursive=True)


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of the server, file by file."""
    asked: list[str] = []
    get = Remote.get

    def watched(self: Remote, file: str) -> bytes | None:
        asked.append(file)
        return get(self, file)

    monkeypatch.setattr(Remote, "get", watched)
    return asked


def configured(project: Path, folder: str) -> Library:
    return PROVIDER.configure(ProviderContext(project=project, cache=project / ".cache", options={"folder": folder}))


def one(provider: Library, query: str = "tower") -> Master:
    recipe = Recipe(provider="library", seed=1, width=320, height=180, options=PROVIDER.complete({"query": query}))
    return next(iter(provider.produce([recipe])))


def test_a_bucket_is_searched_as_a_folder_is(tmp_path: Path, bucket: str) -> None:
    for name, data in FILES.items():
        write(tmp_path / "library", {name: data})
    for query in ("harbour", "brick"):
        here, there = one(configured(tmp_path, "library"), query), one(configured(tmp_path, bucket), query)
        assert here == there
        assert here == one(configured(tmp_path, (tmp_path / "library").as_uri()), query), "a folder by its URL"
    assert there.env["picture"] == "hills/tower.jpg"


def test_files_are_fetched_once_and_again_when_they_change(tmp_path: Path, bucket: str, fetched: list[str]) -> None:
    one(configured(tmp_path, bucket))
    assert sorted(fetched) == ["harbour.jpg", "harbour.jpg.toml", "hills/tower.jpg", "library.toml"]
    fetched.clear()
    before = one(configured(tmp_path, bucket), "harbour")
    assert fetched == []
    memory = fsspec.filesystem("memory")
    memory.pipe_file(f"{bucket}/harbour.jpg", small_sites.photo(480, 300, seed=9))
    memory.pipe_file(f"{bucket}/hills/tower.jpg.toml", f'title = "A lighthouse"\n{FREE}'.encode())
    assert one(configured(tmp_path, bucket), "harbour").png != before.png
    assert fetched == ["harbour.jpg", "hills/tower.jpg.toml"]
    assert one(configured(tmp_path, bucket), "lighthouse").env["picture"] == "hills/tower.jpg"
    memory.rm(f"{bucket}/harbour.jpg.toml")
    memory.rm(f"{bucket}/harbour.jpg")
    assert "none of 1 pictures" in fault(tmp_path, bucket, "harbour")
    held = [path.name for path in (tmp_path / ".cache/library").glob("*/??/*")]
    assert len(held) == 3, "what nothing leads to any more is gone"


def test_a_copy_that_was_damaged_is_fetched_again(tmp_path: Path, bucket: str, fetched: list[str]) -> None:
    before = one(configured(tmp_path, bucket))
    for copy in (tmp_path / ".cache/library").glob("*/??/*.jpg"):
        copy.write_bytes(copy.read_bytes()[:-1] + b"?")
    fetched.clear()
    assert one(configured(tmp_path, bucket)) == before
    assert fetched == ["hills/tower.jpg"], "the one that was picked"
    (book,) = (tmp_path / ".cache/library").glob("*/files.json")
    book.write_text('{"harbour.jpg": 7}')
    assert one(configured(tmp_path, bucket)) == before


def test_a_server_that_tells_nothing_of_its_files_is_asked_for_all(
    tmp_path: Path, bucket: str, fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stamps = Remote.stamps
    monkeypatch.setattr(Remote, "stamps", lambda self: dict.fromkeys(stamps(self), ""))
    first = one(configured(tmp_path, bucket))
    assert one(configured(tmp_path, bucket)) == first
    assert len(fetched) == 8


def fault(project: Path, folder: str, query: str = "tower") -> str:
    with pytest.raises(ProviderError) as caught:
        one(configured(project, folder), query)
    return str(caught.value)


def test_what_is_not_there_is_named(tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"library: there are no pictures at {bucket}/nowhere" in fault(tmp_path, f"{bucket}/nowhere")
    fsspec.filesystem("memory").pipe_file(f"{bucket}/hills/tower.jpg.toml", b"title = 7\n")
    assert f"{bucket}/hills/tower.jpg.toml:1: title: expected a text" in fault(tmp_path, bucket)
    monkeypatch.setattr(Remote, "get", lambda self, file: None)
    with pytest.raises(ProviderError, match="changed while it was read"):
        gone(tmp_path, bucket).read("harbour.jpg")


def gone(project: Path, bucket: str) -> locations.Bucket:
    """A bucket whose copies were lost after it was listed."""
    found = locations.Bucket(bucket, project / "elsewhere")
    found._held = {"harbour.jpg": ("stamp", "0" * 64)}
    return found


def test_a_site_takes_its_pictures_out_of_s3(s3: Server, tmp_path: Path) -> None:
    options = {"key": KEY, "secret": SECRET, "client_kwargs": {"endpoint_url": s3.endpoint}}
    url = f"s3://{BUCKET}/press-{s3.name}"
    furnish(url, **options)
    page = "<html><head><title>{0}</title></head><body><main><h1>{0}</h1><p>Text.</p></main></body></html>"
    site = write(
        tmp_path / "site",
        {
            "public/a.html": page.format("The harbour"),
            "public/b.html": page.format("Brick"),
            "heroes.toml": '["*"]\nprovider = "library"\nwidth = 320\nheight = 180\n',
            "imageseo.toml": f'formats = ["webp"]\n[providers.library]\nfolder = "{url}"\n',
        },
    )
    done = run("imageseo", "generate", "--site", "public", cwd=site)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 made" in done.stdout
    for secret in (s3.endpoint, KEY, SECRET):
        assert secret not in done.stdout + done.stderr + (site / "imageseo.lock").read_text()
    done = run("imageseo", "build", "--frozen", "public", cwd=site, env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    assert done.returncode == 0, "a build asks no library"
    assert 'alt="Boats"' in (site / "public/a.html").read_text("utf-8")
    assert b"Ann Lee" in (site / "public/assets/heroes/a.jpg").read_bytes()


def test_a_server_that_refuses_is_told_without_its_secrets(s3: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    if not s3.checks_keys:
        pytest.skip(f"{s3.name} takes every key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
    bucket = locations.Bucket(f"s3://{BUCKET}/press", Path("unused"), limits=Limits(attempts=1))
    with pytest.raises(ProviderError) as caught:
        bucket.files()
    assert f"library: s3://{BUCKET}/press cannot be read: access denied" in str(caught.value)
    assert "wrong-secret" not in str(caught.value)
