"""An image library at an fsspec URL: listed, downloaded once, verified, and searched like a folder."""

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
from imageseo.storage.remote import Remote
from imageseo.storage.remote_system import RemoteLimits
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


def upload_files(url: str, **options: Any) -> None:
    system, root = fsspec.core.url_to_fs(url, **options)
    for name, data in FILES.items():
        system.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
        system.pipe_file(f"{root}/{name}", data.encode() if isinstance(data, str) else data)


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> Iterator[str]:
    """A bucket in the memory of this process."""
    url = f"memory://{request.node.name.partition('[')[0]}"
    upload_files(url)
    yield url
    fsspec.filesystem("memory").rm(url, recursive=True)


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Files requested from the server."""
    requests: list[str] = []
    get = Remote.get

    def counting_get(self: Remote, file: str) -> bytes | None:
        requests.append(file)
        return get(self, file)

    monkeypatch.setattr(Remote, "get", counting_get)
    return requests


def configured(project: Path, folder: str) -> Library:
    return PROVIDER.configure(ProviderContext(project=project, cache=project / ".cache", options={"folder": folder}))


def first_master(provider: Library, query: str = "tower") -> Master:
    recipe = Recipe(provider="library", seed=1, width=320, height=180, options=PROVIDER.complete({"query": query}))
    return next(iter(provider.produce([recipe])))


def test_bucket_gives_the_results_of_a_folder(tmp_path: Path, bucket: str) -> None:
    for name, data in FILES.items():
        write(tmp_path / "library", {name: data})
    for query in ("harbour", "brick"):
        local, remote = (
            first_master(configured(tmp_path, "library"), query),
            first_master(configured(tmp_path, bucket), query),
        )
        assert local == remote
        assert local == first_master(configured(tmp_path, (tmp_path / "library").as_uri()), query), (
            "a folder by its URL"
        )
    assert remote.env["picture"] == "hills/tower.jpg"


def test_files_are_downloaded_once_and_after_changes(tmp_path: Path, bucket: str, fetched: list[str]) -> None:
    first_master(configured(tmp_path, bucket))
    assert sorted(fetched) == ["harbour.jpg", "harbour.jpg.toml", "hills/tower.jpg", "library.toml"]
    fetched.clear()
    before = first_master(configured(tmp_path, bucket), "harbour")
    assert fetched == []
    memory = fsspec.filesystem("memory")
    memory.pipe_file(f"{bucket}/harbour.jpg", small_sites.photo(480, 300, seed=9))
    memory.pipe_file(f"{bucket}/hills/tower.jpg.toml", f'title = "A lighthouse"\n{FREE}'.encode())
    assert first_master(configured(tmp_path, bucket), "harbour").png != before.png
    assert fetched == ["harbour.jpg", "hills/tower.jpg.toml"]
    assert first_master(configured(tmp_path, bucket), "lighthouse").env["picture"] == "hills/tower.jpg"
    memory.rm(f"{bucket}/harbour.jpg.toml")
    memory.rm(f"{bucket}/harbour.jpg")
    assert "none of 1 images" in provider_error(tmp_path, bucket, "harbour")
    copies = [path.name for path in (tmp_path / ".cache/library").glob("*/??/*")]
    assert len(copies) == 3, "copies that are not listed are deleted"


def test_damaged_copy_is_downloaded_again(tmp_path: Path, bucket: str, fetched: list[str]) -> None:
    before = first_master(configured(tmp_path, bucket))
    for copy in (tmp_path / ".cache/library").glob("*/??/*.jpg"):
        copy.write_bytes(copy.read_bytes()[:-1] + b"?")
    fetched.clear()
    assert first_master(configured(tmp_path, bucket)) == before
    assert fetched == ["hills/tower.jpg"], "the selected image"
    (listing,) = (tmp_path / ".cache/library").glob("*/files.json")
    listing.write_text('{"harbour.jpg": 7}')
    assert first_master(configured(tmp_path, bucket)) == before


def test_server_without_stamps_is_read_completely(
    tmp_path: Path, bucket: str, fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stamps = Remote.stamps
    monkeypatch.setattr(Remote, "stamps", lambda self: dict.fromkeys(stamps(self), ""))
    first = first_master(configured(tmp_path, bucket))
    assert first_master(configured(tmp_path, bucket)) == first
    assert len(fetched) == 8


def provider_error(project: Path, folder: str, query: str = "tower") -> str:
    with pytest.raises(ProviderError) as caught:
        first_master(configured(project, folder), query)
    return str(caught.value)


def test_missing_files_are_reported(tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"library: there are no images at {bucket}/nowhere" in provider_error(tmp_path, f"{bucket}/nowhere")
    fsspec.filesystem("memory").pipe_file(f"{bucket}/hills/tower.jpg.toml", b"title = 7\n")
    assert f"{bucket}/hills/tower.jpg.toml:1: title: expected text" in provider_error(tmp_path, bucket)
    monkeypatch.setattr(Remote, "get", lambda self, file: None)
    with pytest.raises(ProviderError, match="changed while it was being read"):
        bucket_without_copies(tmp_path, bucket).read("harbour.jpg")


def bucket_without_copies(project: Path, bucket: str) -> locations.Bucket:
    """A bucket whose copies were deleted after the listing."""
    found = locations.Bucket(bucket, project / "elsewhere")
    found._copies = {"harbour.jpg": ("stamp", "0" * 64)}
    return found


@pytest.mark.slow
def test_site_uses_images_from_s3(s3: Server, tmp_path: Path) -> None:
    options = {"key": KEY, "secret": SECRET, "client_kwargs": {"endpoint_url": s3.endpoint}}
    url = f"s3://{BUCKET}/press-{s3.name}"
    upload_files(url, **options)
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
    result = run("imageseo", "generate", "--site", "public", cwd=site)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 made" in result.stdout
    for secret in (s3.endpoint, KEY, SECRET):
        assert secret not in result.stdout + result.stderr + (site / "imageseo.lock").read_text()
    result = run("imageseo", "build", "--frozen", "public", cwd=site, env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    assert result.returncode == 0, "a build reads no library"
    assert 'alt="Boats"' in (site / "public/a.html").read_text("utf-8")
    assert b"Ann Lee" in (site / "public/assets/heroes/boats.jpg").read_bytes()


def test_access_denied_is_reported_without_secrets(s3: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    if not s3.checks_keys:
        pytest.skip(f"{s3.name} takes every key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
    bucket = locations.Bucket(f"s3://{BUCKET}/press", Path("unused"), limits=RemoteLimits(attempts=1))
    with pytest.raises(ProviderError) as caught:
        bucket.files()
    assert f"library: s3://{BUCKET}/press cannot be read: access denied" in str(caught.value)
    assert "wrong-secret" not in str(caught.value)
