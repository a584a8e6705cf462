"""Master stores in a folder and in a bucket: verification, caching, and error messages without secrets."""

from __future__ import annotations

import hashlib
import random
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from imageseo.heroes.masters import store
from imageseo.heroes.masters.store import FolderMasterStore, RemoteMasterStore
from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError, LockError, MissingExtraError, SettingsError, SiteError
from imageseo.model.protocols import MasterStore
from imageseo.storage.remote_system import RemoteLimits, redacted
from tests.support import s3_servers
from tests.support.s3_servers import BUCKET, KEY, SECRET, Server, answer, moto_server, quick_clients, rclone_server, s3

__all__ = ["moto_server", "quick_clients", "rclone_server", "s3"]  # fixtures

QUICK = RemoteLimits(connect=2, read=10, total=20, attempts=2, pause=0)
DATA = random.Random(4).randbytes(200_000)
OTHER = random.Random(5).randbytes(200_000)


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def name(data: bytes, page: str = "start") -> str:
    return f"{page}-{hashlib.sha256(data).hexdigest()[:8]}.png"


def bucket(
    cache: Path, prefix: str, *, fresh: bool = False, shared: bool = True, limits: RemoteLimits = QUICK
) -> RemoteMasterStore:
    return RemoteMasterStore(f"s3://{BUCKET}/{prefix}", cache, limits=limits, fresh=fresh, shared=shared)


def overwrite(prefix: str, file: str, data: bytes | None) -> None:
    """Overwrite a file without the master store, or remove it (``data=None``)."""
    import fsspec  # type: ignore[import-untyped,unused-ignore]

    system = fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False)
    path = f"{BUCKET}/{prefix}/{file}"
    if data is None:
        system.rm_file(path)
    else:
        system.pipe_file(path, data)


def use_unreachable_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{s3_servers.free_port()}")


# A folder


def test_folder_stores_masters(tmp_path: Path) -> None:
    masters: MasterStore = store.open_master_store("heroes", tmp_path, tmp_path / "cache")
    assert isinstance(masters, FolderMasterStore)
    file = masters.put(name(DATA), DATA)
    assert (masters.where, file) == ("heroes", f"heroes/{name(DATA)}")
    assert (tmp_path / file).read_bytes() == DATA
    assert masters.digest(file) == sha256(DATA)
    assert masters.read(file, sha256(DATA)) == DATA
    assert masters.path(file) == tmp_path / file
    assert not (tmp_path / "cache").exists()


def test_folder_rejects_edited_master_and_keeps_it(tmp_path: Path) -> None:
    masters = FolderMasterStore(tmp_path, "heroes")
    file = masters.put(name(DATA), DATA)
    (tmp_path / file).write_bytes(OTHER)
    with pytest.raises(LockError, match="is not the pinned file"):
        masters.read(file, sha256(DATA))
    masters.discard(file, sha256(DATA))
    assert (tmp_path / file).read_bytes() == OTHER
    masters.discard(file, sha256(OTHER))
    assert masters.digest(file) is None
    assert masters.path(file) is None
    with pytest.raises(LockError, match="is missing"):
        masters.read(file, sha256(DATA))
    masters.discard(file, sha256(DATA))


def test_folder_that_cannot_be_written_raises_site_error(tmp_path: Path) -> None:
    (tmp_path / "heroes").write_text("a file in its place")
    with pytest.raises(SiteError, match="cannot be written") as fault:
        FolderMasterStore(tmp_path, "heroes").put(name(DATA), DATA)
    assert "the pins made so far are kept" in fault.value.hint


def test_file_url_is_a_shared_folder(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    url = (tmp_path / "share" / "with space").as_uri()
    masters = store.open_master_store(url, tmp_path / "site", tmp_path / "cache")
    file = masters.put(name(DATA), DATA)
    assert (masters.where, file) == (url, name(DATA))
    assert (tmp_path / "share" / "with space" / file).read_bytes() == DATA
    masters.discard(file, sha256(DATA))
    assert masters.read(file, sha256(DATA)) == DATA, "another project's lock may pin it"


def test_file_url_inside_the_project_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="expected its relative path heroes"):
        store.open_master_store((tmp_path / "heroes").as_uri(), tmp_path, tmp_path / "cache")


# URLs


@pytest.mark.parametrize(
    "url",
    [
        f"s3://{KEY}:{SECRET}@bucket/prefix",
        f"s3://{KEY}:12/{SECRET}@bucket/prefix",
        f"s3://{KEY}:{SECRET[:4]}/{SECRET[4:]}@bucket",
        f"https://{SECRET}@example.org/masters",
        f"https://example.org/masters?X-Amz-Signature={SECRET}",
        f"https://example.org/masters?a=@{SECRET}",
        f"https://example.org/masters#{SECRET}",
        f"file:///srv/masters?{SECRET}",
    ],
)
def test_secret_in_the_url_is_rejected_and_not_shown(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"hero\.masters") as fault:
        store.open_master_store(url, tmp_path, tmp_path)
    for secret in (SECRET, SECRET[4:], KEY):
        assert secret not in str(fault.value) + repr(fault.value)
        assert secret not in redacted(url)


@pytest.mark.parametrize("url", ["s3://", "s3:///", "simplecache::s3://bucket/x", "https://host:port/x"])
def test_invalid_url_is_rejected(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="expected a URL such as s3://bucket/prefix"):
        store.open_master_store(url, tmp_path, tmp_path)


def test_unknown_scheme_is_rejected(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(SettingsError, match="found s4://, which fsspec does not support"):
        store.open_master_store("s4://bucket", tmp_path, tmp_path).digest("x.png")


def test_scheme_that_needs_options_is_rejected(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(SettingsError, match="needs more than a URL"):
        store.open_master_store("github://masters/x", tmp_path, tmp_path).digest("x.png")


def test_unreachable_server_is_reported_after_retries(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    masters = RemoteMasterStore(f"ftp://127.0.0.1:{port}/masters", tmp_path, limits=RemoteLimits(attempts=2, pause=0))
    with pytest.raises(LockError, match=r"the server .*tried 2 times"):
        masters.digest("x.png")


@pytest.mark.parametrize("module", ["fsspec", "s3fs"])
def test_missing_extra_is_named(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if module == "s3fs":
        registry = pytest.importorskip("fsspec.registry")
        monkeypatch.delitem(registry._registry, "s3", raising=False)  # another test may have loaded it
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match="s3:// needs a package") as fault:
        bucket(tmp_path, "missing").digest("x.png")
    assert "[s3]" in fault.value.hint


@pytest.mark.parametrize("file", ["../x.png", "/x.png", "a/../../x.png", "~/x.png", "s3://other/x.png", "x?a=b", ""])
def test_pinned_file_outside_the_bucket_is_rejected(file: str, tmp_path: Path) -> None:
    masters = store.open_master_store("memory://outside/masters", tmp_path, tmp_path)
    for ask in (masters.digest, masters.path, lambda file: masters.read(file, sha256(DATA))):
        with pytest.raises(LockError, match="is not a valid name of a master"):
            ask(file)


def test_any_fsspec_file_system_works(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    masters = store.open_master_store("memory://bucket/masters", tmp_path, tmp_path / "cache")
    assert masters.digest(name(DATA)) is None
    assert masters.put(masters.put(name(DATA), DATA), DATA) == name(DATA)
    elsewhere = store.open_master_store("memory://bucket/masters", tmp_path, tmp_path / "other")
    assert elsewhere.read(name(DATA), sha256(DATA)) == DATA


def test_digest_and_read_read_the_copy_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fsspec")
    store.open_master_store("memory://once/masters", tmp_path, tmp_path / "cache").put(name(DATA), DATA)
    masters = store.open_master_store("memory://once/masters", tmp_path, tmp_path / "cache")
    reads: list[Path] = []
    read = regular_file.read

    def recording_read(path: Path, *, limit: int = regular_file.MAX_BYTES) -> bytes:
        if path.read_bytes() in (DATA, b"damaged"):
            reads.append(path)
        return read(path, limit=limit)

    monkeypatch.setattr(regular_file, "read", recording_read)
    assert masters.digest(name(DATA)) == sha256(DATA)
    assert masters.path(name(DATA)) is not None
    assert masters.read(name(DATA), sha256(DATA)) == DATA
    assert len(reads) == 1
    reads[0].write_bytes(b"damaged")
    assert masters.read(name(DATA), sha256(DATA)) == DATA
    assert len(reads) == 2, "later reads verify again"


# Real servers


def test_master_is_uploaded_fetched_once_and_verified(
    s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = bucket(tmp_path / "here", "once").put(name(DATA), DATA)
    assert bucket(tmp_path / "new", "once").put(name(DATA), DATA) == file == name(DATA), (
        "uploaded again with another cache"
    )
    other_clone = bucket(tmp_path / "there", "once")
    assert other_clone.digest(name(OTHER)) is None
    assert other_clone.digest(file) == sha256(DATA)
    assert other_clone.read(file, sha256(DATA)) == DATA
    path = other_clone.path(file)
    assert path is not None
    assert path.read_bytes() == DATA
    use_unreachable_server(monkeypatch)
    for cache in ("here", "new", "there"):
        warm = bucket(tmp_path / cache, "once")
        assert warm.digest(file) == sha256(DATA)
        assert warm.read(file, sha256(DATA)) == DATA
        assert warm.path(file) is not None
    with pytest.raises(LockError, match="cannot be reached"):
        bucket(tmp_path / "cold", "once").digest(file)


def test_warm_cache_loads_no_library(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    store.open_master_store("memory://warm/masters", tmp_path, tmp_path).put(name(DATA), DATA)
    code = (
        "import sys, pathlib; from imageseo.heroes.masters import store\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "it = store.open_master_store('memory://warm/masters', folder, folder)\n"
        f"print(it.digest({name(DATA)!r}), len(it.read({name(DATA)!r}, {sha256(DATA)!r})))\n"
        "print(sorted({'fsspec', 's3fs', 'botocore', 'aiohttp'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{sha256(DATA)} {len(DATA)}", "[]"]


def test_damaged_copy_is_fetched_again(s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = bucket(tmp_path, "damaged").put(name(DATA), DATA)
    copy = bucket(tmp_path, "damaged").path(file)
    assert copy is not None
    for damage in (OTHER, DATA[:1000], b""):
        copy.write_bytes(damage)
        masters = bucket(tmp_path, "damaged")
        assert masters.digest(file) == sha256(DATA)
        assert copy.read_bytes() == DATA
        copy.write_bytes(damage)
        assert masters.read(file, sha256(DATA)) == DATA
        assert copy.read_bytes() == DATA
    copy.write_bytes(OTHER)
    use_unreachable_server(monkeypatch)
    with pytest.raises(LockError, match="cannot be reached"):
        bucket(tmp_path, "damaged").read(file, sha256(DATA))


def test_wrong_bytes_are_rejected_and_not_cached(s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = name(DATA)
    overwrite("other", file, OTHER)
    masters = bucket(tmp_path, "other")
    assert masters.digest(file) == sha256(OTHER), "the digest of the actual bytes"
    assert masters.path(file) is None
    with pytest.raises(LockError, match="is not the pinned file") as fault:
        masters.read(file, sha256(DATA))
    assert f"s3://{BUCKET}/other" in fault.value.hint
    assert not list(tmp_path.rglob("*.png"))
    assert masters.put(file, DATA) == file, "put overwrites the file"
    assert bucket(tmp_path / "new", "other").read(file, sha256(DATA)) == DATA


def test_fresh_store_queries_the_server(s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = bucket(tmp_path, "fresh").put(name(DATA), DATA)
    assert bucket(tmp_path, "fresh", fresh=True).digest(file) == sha256(DATA)
    overwrite("fresh", file, OTHER)
    assert bucket(tmp_path, "fresh", fresh=True).digest(file) == sha256(OTHER)
    overwrite("fresh", file, None)
    assert bucket(tmp_path, "fresh", fresh=True).digest(file) is None
    assert bucket(tmp_path, "fresh").digest(file) == sha256(DATA), "a build uses its copy"


def test_prefixes_do_not_share_cached_names(s3: Server, tmp_path: Path) -> None:
    file = bucket(tmp_path, "one").put(name(DATA), DATA)
    assert bucket(tmp_path, "two").digest(file) is None


def test_shared_bucket_keeps_unpinned_masters(s3: Server, tmp_path: Path) -> None:
    file = bucket(tmp_path, "shared").put(name(DATA), DATA)
    bucket(tmp_path, "shared").discard(file, sha256(DATA))
    assert bucket(tmp_path / "new", "shared").read(file, sha256(DATA)) == DATA
    own = bucket(tmp_path, "shared", shared=False)
    own.discard(file, sha256(OTHER))
    assert bucket(tmp_path / "new", "shared", fresh=True).digest(file) == sha256(DATA), "not what was pinned"
    own.discard(file, sha256(DATA))
    assert own.digest(file) is None
    own.discard(file, sha256(DATA))


def test_master_moved_from_a_folder_is_found_by_its_path(
    s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overwrite("moved", f"heroes/{name(DATA)}", DATA)
    assert bucket(tmp_path, "moved").read(f"heroes/{name(DATA)}", sha256(DATA)) == DATA


def test_name_without_hash_is_never_cached(s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket(tmp_path, "named").put("hero.png", DATA)
    overwrite("named", "hero.png", OTHER)
    assert bucket(tmp_path, "named").digest("hero.png") == sha256(OTHER)


# Faults


def full_traceback(fault: ImageseoError) -> str:
    """Format an error with all its causes, as Python prints it."""
    import traceback

    return "".join(traceback.format_exception(fault))


def test_missing_bucket_is_reported(s3: Server, tmp_path: Path) -> None:
    masters = RemoteMasterStore("s3://nobody-made-it/x", tmp_path, limits=QUICK)
    for ask in (lambda: masters.digest(name(DATA)), lambda: masters.read(name(DATA), sha256(DATA))):
        with pytest.raises(LockError, match="there is no such bucket") as fault:
            ask()
        assert "Create it" in fault.value.hint
        assert s3.endpoint not in full_traceback(fault.value)
    with pytest.raises(SiteError, match="there is no such bucket"):
        masters.put(name(DATA), DATA)


def test_wrong_key_is_reported_and_not_shown(
    rclone_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in rclone_server.environment.items():
        monkeypatch.setenv(variable, value)
    file = bucket(tmp_path, "key").put(name(DATA), DATA)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret")
    cold = bucket(tmp_path / "cold", "key")
    with pytest.raises(LockError, match="access denied") as fault:
        cold.read(file, sha256(DATA))
    assert "AWS_SECRET_ACCESS_KEY" in fault.value.hint
    for secret in ("another-secret", KEY, rclone_server.endpoint):
        assert secret not in full_traceback(fault.value)
    with pytest.raises(SiteError, match="access denied") as put_error:
        cold.put(name(OTHER), OTHER)
    assert "The pins made so far are kept" in put_error.value.hint
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(LockError, match="no credentials"):
        bucket(tmp_path / "none", "key").read(file, sha256(DATA))


def test_invalid_endpoint_is_reported_and_not_shown(
    s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense.example")
    with pytest.raises(LockError, match="the request is invalid") as fault:
        bucket(tmp_path, "endpoint").digest(name(DATA))
    assert "AWS_ENDPOINT_URL" in fault.value.hint
    assert "nonsense" not in full_traceback(fault.value)


WHOLE = answer("200 OK", DATA)
HALF = answer("200 OK", DATA[: len(DATA) // 2], length=len(DATA))
BUSY = answer("503 Slow Down", b"<Error><Code>SlowDown</Code><Message>Please</Message></Error>")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    pytest.importorskip("s3fs")
    for variable, value in s3_servers.environment("http://127.0.0.1:9").items():
        monkeypatch.setenv(variable, value)
    return monkeypatch


@pytest.mark.parametrize(
    ("answers", "message", "asked"),
    [
        ([HALF], r"broke off in the middle of the file \(tried 2 times\)", 2),
        ([BUSY], r"the server fails \(SlowDown\) \(tried 2 times\)", 2),
        ([answer("500 Oh", b"")], r"the server fails \(500\)", 2),
        ([b""], "cannot be reached", None),  # aiohttp itself asks once more
        ([b"220 smtp.example ESMTP\r\n"], "cannot be reached", None),
    ],
    ids=["half", "busy", "fails", "closes", "speaks otherwise"],
)
def test_failing_server_is_retried_and_reported(
    answers: list[bytes | None], message: str, asked: int | None, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    with s3_servers.broken(*answers) as server:
        environment.setenv("AWS_ENDPOINT_URL", server.endpoint)
        with pytest.raises(LockError, match=message) as fault:
            bucket(tmp_path, "broken").read(name(DATA), sha256(DATA))
        assert asked is None or len(server.asked) == asked
    assert server.endpoint not in full_traceback(fault.value)
    assert KEY not in full_traceback(fault.value)
    assert not list(tmp_path.rglob("*.png"))


REGION = answer("400 Bad", b"<Error><Code>AuthorizationHeaderMalformed</Code><Message>eu</Message></Error>")
SKEWED = answer("403 No", b"<Error><Code>RequestTimeTooSkewed</Code><Message>late</Message></Error>")


@pytest.mark.parametrize(
    ("reply", "message", "hint"),
    [
        (REGION, "in another region", "AWS_DEFAULT_REGION"),
        (SKEWED, r"denied \(RequestTimeTooSkewed\)", "set the clock"),
    ],
)
def test_permanent_error_is_not_retried(
    reply: bytes, message: str, hint: str, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    with s3_servers.broken(reply) as server:
        environment.setenv("AWS_ENDPOINT_URL", server.endpoint)
        with pytest.raises(LockError, match=message) as fault:
            bucket(tmp_path, "final").read(name(DATA), sha256(DATA))
        assert hint in fault.value.hint
        assert len(server.asked) == 1
        with pytest.raises(SiteError, match=message):
            bucket(tmp_path, "final").put(name(DATA), DATA)
        assert len(server.asked) == 2


def test_untrusted_certificate_is_reported(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime, timedelta

    pytest.importorskip("cryptography")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, owner = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    day = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(subject_name=owner, issuer_name=owner, public_key=key.public_key(), serial_number=1)
        .not_valid_before(day)
        .not_valid_after(day + timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (tmp_path / "server.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept_once() -> None:
            with suppress(OSError):
                context.wrap_socket(listener.accept()[0], server_side=True)

        thread = threading.Thread(target=accept_once, daemon=True)
        thread.start()
        environment.setenv("AWS_ENDPOINT_URL", f"https://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(LockError, match="certificate is not trusted") as fault:
            bucket(tmp_path, "tls").read(name(DATA), sha256(DATA))
        assert "AWS_CA_BUNDLE" in fault.value.hint
        thread.join(5)


@pytest.mark.parametrize("first", [HALF, BUSY], ids=["half", "busy"])
def test_temporary_error_is_retried_silently(first: bytes, tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    with s3_servers.broken(first, WHOLE) as server:
        environment.setenv("AWS_ENDPOINT_URL", server.endpoint)
        assert bucket(tmp_path, "passes").read(name(DATA), sha256(DATA)) == DATA
        assert len(server.asked) == 2


@pytest.mark.parametrize(
    "limits",
    [
        RemoteLimits(connect=2, read=0.2, total=2, attempts=2, pause=0),
        RemoteLimits(connect=2, read=60, total=0.2, attempts=2, pause=0),
    ],
    ids=["between", "whole"],
)
def test_server_that_never_answers_is_reported(
    limits: RemoteLimits, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    with s3_servers.broken(None) as server:
        environment.setenv("AWS_ENDPOINT_URL", server.endpoint)
        with pytest.raises(LockError, match="does not answer in time"):
            bucket(tmp_path, "never", limits=limits).read(name(DATA), sha256(DATA))
        with pytest.raises(SiteError, match="does not answer in time"):
            bucket(tmp_path, "never", limits=limits).put(name(DATA), DATA)


def test_host_that_accepts_no_connection_is_reported(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = []
        for _ in range(4):  # the queue is full: the kernel drops new connections
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            waiting.append(client)
        environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        limits = RemoteLimits(connect=0.2, read=2, total=20, attempts=1)
        with pytest.raises(LockError, match=r"does not answer in time|cannot be reached"):
            bucket(tmp_path, "full", limits=limits).read(name(DATA), sha256(DATA))
        for client in waiting:
            client.close()


def test_upload_that_stored_other_bytes_is_reported(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    stored = answer("200 OK", b"", headers='ETag: "0123"\r\n')
    lies = answer("200 OK", b"", length=len(DATA))  # HEAD: the right size, and no ETag to go by
    wrong = answer("200 OK", OTHER)
    with s3_servers.broken(stored, lies, wrong, stored, lies, wrong) as server:
        environment.setenv("AWS_ENDPOINT_URL", server.endpoint)
        with pytest.raises(SiteError, match="holds other bytes"):
            bucket(tmp_path, "lies").put(name(DATA), DATA)
    assert not list(tmp_path.rglob("*.png"))


def test_server_without_conditional_requests_works(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    refused = answer("501 Not", b"<Error><Code>NotImplemented</Code><Message>header</Message></Error>")
    etag = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    stored = answer("200 OK", b"", headers=f'ETag: "{etag}"\r\n')
    head = answer("200 OK", b"", length=len(DATA), headers=f'ETag: "{etag}"\r\n')
    with s3_servers.broken(refused, stored, head) as server:
        environment.setenv("AWS_ENDPOINT_URL", server.endpoint)
        assert bucket(tmp_path, "plain").put(name(DATA), DATA) == name(DATA)
        asked = b"\n".join(server.asked).lower()
        assert asked.count(b"\nif-none-match:") == 1


def test_cache_that_cannot_be_written_is_ignored(s3: Server, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    masters = bucket(tmp_path / "cache", "nocache")
    file = masters.put(name(DATA), DATA)
    assert masters.digest(file) == sha256(DATA)
    assert masters.read(file, sha256(DATA)) == DATA
    assert masters.path(file) is None


def test_restore_hint_names_the_master_store(tmp_path: Path) -> None:
    assert (
        store.restore_hint(store.open_master_store("heroes", tmp_path, tmp_path / "c"))
        == "restore it from version control"
    )
    bucket = store.open_master_store("s3://team/heroes", tmp_path, tmp_path / "c")
    assert store.restore_hint(bucket) == "restore the pinned file in s3://team/heroes"
