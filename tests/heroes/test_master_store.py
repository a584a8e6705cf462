"""Masters in a folder and in a bucket: kept whole, fetched once, verified; faults in words without secrets."""

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
from imageseo.model.errors import ImageseoError, LockError, MissingExtraError, SettingsError, SiteError
from imageseo.model.protocols import MasterStore
from imageseo.storage.remote import Limits, redacted
from tests.support import s3_servers
from tests.support.s3_servers import BUCKET, KEY, SECRET, Server, answer, moto_server, quick_clients, rclone_server, s3

__all__ = ["moto_server", "quick_clients", "rclone_server", "s3"]  # fixtures

QUICK = Limits(connect=2, read=10, whole=20, attempts=2, pause=0)
DATA = random.Random(4).randbytes(200_000)
OTHER = random.Random(5).randbytes(200_000)


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def name(data: bytes, page: str = "start") -> str:
    return f"{page}-{hashlib.sha256(data).hexdigest()[:8]}.png"


def bucket(
    cache: Path, prefix: str, *, fresh: bool = False, shared: bool = True, limits: Limits = QUICK
) -> RemoteMasterStore:
    return RemoteMasterStore(f"s3://{BUCKET}/{prefix}", cache, limits=limits, fresh=fresh, shared=shared)


def stray(prefix: str, file: str, data: bytes | None) -> None:
    """Put other bytes in a file's place, or take it away, behind the vault's back."""
    import fsspec  # type: ignore[import-untyped,unused-ignore]

    system = fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False)
    where = f"{BUCKET}/{prefix}/{file}"
    if data is None:
        system.rm_file(where)
    else:
        system.pipe_file(where, data)


def switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{s3_servers.free_port()}")


# A folder


def test_a_folder_keeps_what_the_lock_names(tmp_path: Path) -> None:
    masters: MasterStore = store.open_master_store("heroes", tmp_path, tmp_path / "cache")
    assert isinstance(masters, FolderMasterStore)
    file = masters.put(name(DATA), DATA)
    assert (masters.where, file) == ("heroes", f"heroes/{name(DATA)}")
    assert (tmp_path / file).read_bytes() == DATA
    assert masters.digest(file) == sha256(DATA)
    assert masters.read(file, sha256(DATA)) == DATA
    assert masters.path(file) == tmp_path / file
    assert not (tmp_path / "cache").exists()


def test_a_folder_refuses_other_bytes_and_leaves_them_alone(tmp_path: Path) -> None:
    masters = FolderMasterStore(tmp_path, "heroes")
    file = masters.put(name(DATA), DATA)
    (tmp_path / file).write_bytes(OTHER)
    with pytest.raises(LockError, match="is not the file that was pinned"):
        masters.read(file, sha256(DATA))
    masters.discard(file, sha256(DATA))
    assert (tmp_path / file).read_bytes() == OTHER
    masters.discard(file, sha256(OTHER))
    assert masters.digest(file) is None
    assert masters.path(file) is None
    with pytest.raises(LockError, match="is gone"):
        masters.read(file, sha256(DATA))
    masters.discard(file, sha256(DATA))


def test_a_folder_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    (tmp_path / "heroes").write_text("a file in its place")
    with pytest.raises(SiteError, match="cannot be written") as fault:
        FolderMasterStore(tmp_path, "heroes").put(name(DATA), DATA)
    assert "what is pinned so far stays" in fault.value.hint


def test_a_file_url_is_a_folder_of_many_projects(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    url = (tmp_path / "share" / "with space").as_uri()
    masters = store.open_master_store(url, tmp_path / "site", tmp_path / "cache")
    file = masters.put(name(DATA), DATA)
    assert (masters.where, file) == (url, name(DATA))
    assert (tmp_path / "share" / "with space" / file).read_bytes() == DATA
    masters.discard(file, sha256(DATA))
    assert masters.read(file, sha256(DATA)) == DATA, "another project's lock may name it"


def test_a_file_url_leads_out_of_the_project(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="expected its path from there: heroes"):
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
def test_a_secret_in_the_url_is_refused_and_not_repeated(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"hero\.masters") as fault:
        store.open_master_store(url, tmp_path, tmp_path)
    for secret in (SECRET, SECRET[4:], KEY):
        assert secret not in str(fault.value) + repr(fault.value)
        assert secret not in redacted(url)


@pytest.mark.parametrize("url", ["s3://", "s3:///", "simplecache::s3://bucket/x", "https://host:port/x"])
def test_what_is_no_url_of_a_place_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="expected a URL such as s3://bucket/prefix"):
        store.open_master_store(url, tmp_path, tmp_path)


def test_a_scheme_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(SettingsError, match="found s4://, which fsspec does not know"):
        store.open_master_store("s4://bucket", tmp_path, tmp_path).digest("x.png")


def test_a_scheme_that_needs_more_than_a_url_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(SettingsError, match="asks for more than a URL says"):
        store.open_master_store("github://masters/x", tmp_path, tmp_path).digest("x.png")


def test_the_server_of_a_url_is_asked(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    masters = RemoteMasterStore(f"ftp://127.0.0.1:{port}/masters", tmp_path, limits=Limits(attempts=2, pause=0))
    with pytest.raises(LockError, match=r"the server .*asked 2 times"):
        masters.digest("x.png")


@pytest.mark.parametrize("gone", ["fsspec", "s3fs"])
def test_a_missing_extra_is_named(gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if gone == "s3fs":
        registry = pytest.importorskip("fsspec.registry")
        monkeypatch.delitem(registry._registry, "s3", raising=False)  # it keeps what another test has loaded
    monkeypatch.setitem(sys.modules, gone, None)
    with pytest.raises(MissingExtraError, match="s3:// needs a part") as fault:
        bucket(tmp_path, "missing").digest("x.png")
    assert "[s3]" in fault.value.hint


@pytest.mark.parametrize("file", ["../x.png", "/x.png", "a/../../x.png", "~/x.png", "s3://other/x.png", "x?a=b", ""])
def test_a_lock_does_not_lead_out_of_the_bucket(file: str, tmp_path: Path) -> None:
    masters = store.open_master_store("memory://outside/masters", tmp_path, tmp_path)
    for ask in (masters.digest, masters.path, lambda file: masters.read(file, sha256(DATA))):
        with pytest.raises(LockError, match="is no name of a master"):
            ask(file)


def test_any_fsspec_system_will_do(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    masters = store.open_master_store("memory://bucket/masters", tmp_path, tmp_path / "cache")
    assert masters.digest(name(DATA)) is None
    assert masters.put(masters.put(name(DATA), DATA), DATA) == name(DATA)
    elsewhere = store.open_master_store("memory://bucket/masters", tmp_path, tmp_path / "other")
    assert elsewhere.read(name(DATA), sha256(DATA)) == DATA


def test_who_asks_for_a_digest_and_then_reads_reads_a_copy_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fsspec")
    store.open_master_store("memory://once/masters", tmp_path, tmp_path / "cache").put(name(DATA), DATA)
    masters = store.open_master_store("memory://once/masters", tmp_path, tmp_path / "cache")
    opened: list[Path] = []
    read_bytes = Path.read_bytes

    def watched(path: Path) -> bytes:
        opened.append(path)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", watched)
    assert masters.digest(name(DATA)) == sha256(DATA)
    assert masters.path(name(DATA)) is not None
    assert masters.read(name(DATA), sha256(DATA)) == DATA
    assert len(opened) == 1
    opened[0].write_bytes(b"damaged")
    assert masters.read(name(DATA), sha256(DATA)) == DATA
    assert len(opened) == 2, "and is looked at anew after that"


# Real servers


def test_a_master_is_sent_fetched_once_and_verified(
    s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = bucket(tmp_path / "here", "once").put(name(DATA), DATA)
    assert bucket(tmp_path / "new", "once").put(name(DATA), DATA) == file == name(DATA), "again, from elsewhere"
    there = bucket(tmp_path / "there", "once")
    assert there.digest(name(OTHER)) is None
    assert there.digest(file) == sha256(DATA)
    assert there.read(file, sha256(DATA)) == DATA
    path = there.path(file)
    assert path is not None
    assert path.read_bytes() == DATA
    switched_off(monkeypatch)
    for cache in ("here", "new", "there"):
        warm = bucket(tmp_path / cache, "once")
        assert warm.digest(file) == sha256(DATA)
        assert warm.read(file, sha256(DATA)) == DATA
        assert warm.path(file) is not None
    with pytest.raises(LockError, match="cannot be reached"):
        bucket(tmp_path / "cold", "once").digest(file)


def test_a_warm_vault_loads_no_library(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    store.open_master_store("memory://warm/masters", tmp_path, tmp_path).put(name(DATA), DATA)
    code = (
        "import sys, pathlib; from imageseo.heroes.masters import store\n"
        f"it = store.of('memory://warm/masters', pathlib.Path({str(tmp_path)!r}), pathlib.Path({str(tmp_path)!r}))\n"
        f"print(it.digest({name(DATA)!r}), len(it.read({name(DATA)!r}, {sha256(DATA)!r})))\n"
        "print(sorted({'fsspec', 's3fs', 'botocore', 'aiohttp'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"{sha256(DATA)} {len(DATA)}", "[]"]


def test_a_damaged_copy_is_fetched_again(s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = bucket(tmp_path, "damaged").put(name(DATA), DATA)
    copy = bucket(tmp_path, "damaged").path(file)
    assert copy is not None
    for harm in (OTHER, DATA[:1000], b""):
        copy.write_bytes(harm)
        masters = bucket(tmp_path, "damaged")
        assert masters.digest(file) == sha256(DATA)
        assert copy.read_bytes() == DATA
        copy.write_bytes(harm)
        assert masters.read(file, sha256(DATA)) == DATA
        assert copy.read_bytes() == DATA
    copy.write_bytes(OTHER)
    switched_off(monkeypatch)
    with pytest.raises(LockError, match="cannot be reached"):
        bucket(tmp_path, "damaged").read(file, sha256(DATA))


def test_other_bytes_are_refused_and_never_kept(s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = name(DATA)
    stray("other", file, OTHER)
    masters = bucket(tmp_path, "other")
    assert masters.digest(file) == sha256(OTHER), "it is told as it is"
    assert masters.path(file) is None
    with pytest.raises(LockError, match="is not the file that was pinned") as fault:
        masters.read(file, sha256(DATA))
    assert f"s3://{BUCKET}/other" in fault.value.hint
    assert not list(tmp_path.rglob("*.png"))
    assert masters.put(file, DATA) == file, "and what is there is written over"
    assert bucket(tmp_path / "new", "other").read(file, sha256(DATA)) == DATA


def test_who_must_know_asks_the_server(s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = bucket(tmp_path, "fresh").put(name(DATA), DATA)
    assert bucket(tmp_path, "fresh", fresh=True).digest(file) == sha256(DATA)
    stray("fresh", file, OTHER)
    assert bucket(tmp_path, "fresh", fresh=True).digest(file) == sha256(OTHER)
    stray("fresh", file, None)
    assert bucket(tmp_path, "fresh", fresh=True).digest(file) is None
    assert bucket(tmp_path, "fresh").digest(file) == sha256(DATA), "a build takes its copy"


def test_another_bucket_is_another_place(s3: Server, tmp_path: Path) -> None:
    file = bucket(tmp_path, "one").put(name(DATA), DATA)
    assert bucket(tmp_path, "two").digest(file) is None


def test_a_shared_bucket_keeps_what_a_lock_no_longer_names(s3: Server, tmp_path: Path) -> None:
    file = bucket(tmp_path, "shared").put(name(DATA), DATA)
    bucket(tmp_path, "shared").discard(file, sha256(DATA))
    assert bucket(tmp_path / "new", "shared").read(file, sha256(DATA)) == DATA
    own = bucket(tmp_path, "shared", shared=False)
    own.discard(file, sha256(OTHER))
    assert bucket(tmp_path / "new", "shared", fresh=True).digest(file) == sha256(DATA), "not what was pinned"
    own.discard(file, sha256(DATA))
    assert own.digest(file) is None
    own.discard(file, sha256(DATA))


def test_masters_that_moved_from_a_folder_are_found_by_their_path(
    s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stray("moved", f"heroes/{name(DATA)}", DATA)
    assert bucket(tmp_path, "moved").read(f"heroes/{name(DATA)}", sha256(DATA)) == DATA


def test_a_name_that_does_not_carry_its_hash_is_asked_for_every_time(
    s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket(tmp_path, "named").put("hero.png", DATA)
    stray("named", "hero.png", OTHER)
    assert bucket(tmp_path, "named").digest("hero.png") == sha256(OTHER)


# Faults


def told(fault: ImageseoError) -> str:
    """What a report or a log shows of it, with all that Python would print of its causes."""
    import traceback

    return "".join(traceback.format_exception(fault))


def test_a_bucket_that_is_not_there(s3: Server, tmp_path: Path) -> None:
    masters = RemoteMasterStore("s3://nobody-made-it/x", tmp_path, limits=QUICK)
    for ask in (lambda: masters.digest(name(DATA)), lambda: masters.read(name(DATA), sha256(DATA))):
        with pytest.raises(LockError, match="there is no such bucket") as fault:
            ask()
        assert "Create it" in fault.value.hint
        assert s3.endpoint not in told(fault.value)
    with pytest.raises(SiteError, match="there is no such bucket"):
        masters.put(name(DATA), DATA)


def test_a_wrong_key_is_refused_without_being_shown(
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
        assert secret not in told(fault.value)
    with pytest.raises(SiteError, match="access denied") as refused:
        cold.put(name(OTHER), OTHER)
    assert "What is pinned so far stays" in refused.value.hint
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(LockError, match="no credentials"):
        bucket(tmp_path / "none", "key").read(file, sha256(DATA))


def test_an_endpoint_that_is_no_url(s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense.example")
    with pytest.raises(LockError, match="cannot be asked") as fault:
        bucket(tmp_path, "endpoint").digest(name(DATA))
    assert "AWS_ENDPOINT_URL" in fault.value.hint
    assert "nonsense" not in told(fault.value)


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
        ([HALF], r"broke off in the middle of the file \(asked 2 times\)", 2),
        ([BUSY], r"the server fails \(SlowDown\) \(asked 2 times\)", 2),
        ([answer("500 Oh", b"")], r"the server fails \(500\)", 2),
        ([b""], "cannot be reached", None),  # aiohttp itself asks once more
        ([b"220 smtp.example ESMTP\r\n"], "cannot be reached", None),
    ],
    ids=["half", "busy", "fails", "closes", "speaks otherwise"],
)
def test_a_server_that_fails_is_asked_again_and_told(
    answers: list[bytes | None], message: str, asked: int | None, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    with s3_servers.broken(*answers) as server:
        environment.setenv("AWS_ENDPOINT_URL", server.endpoint)
        with pytest.raises(LockError, match=message) as fault:
            bucket(tmp_path, "broken").read(name(DATA), sha256(DATA))
        assert asked is None or len(server.asked) == asked
    assert server.endpoint not in told(fault.value)
    assert KEY not in told(fault.value)
    assert not list(tmp_path.rglob("*.png"))


REGION = answer("400 Bad", b"<Error><Code>AuthorizationHeaderMalformed</Code><Message>eu</Message></Error>")
SKEWED = answer("403 No", b"<Error><Code>RequestTimeTooSkewed</Code><Message>late</Message></Error>")


@pytest.mark.parametrize(
    ("reply", "message", "hint"),
    [(REGION, "in another region", "AWS_DEFAULT_REGION"), (SKEWED, r"denied \(RequestTimeTooSkewed\)", "what the key")],
)
def test_what_will_be_so_again_is_asked_once(
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


def test_a_certificate_that_nobody_trusts(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime, timedelta

    pytest.importorskip("cryptography")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, who = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    day = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(subject_name=who, issuer_name=who, public_key=key.public_key(), serial_number=1)
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

        def greet() -> None:
            with suppress(OSError):
                context.wrap_socket(listener.accept()[0], server_side=True)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        environment.setenv("AWS_ENDPOINT_URL", f"https://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(LockError, match="certificate is not trusted") as fault:
            bucket(tmp_path, "tls").read(name(DATA), sha256(DATA))
        assert "AWS_CA_BUNDLE" in fault.value.hint
        thread.join(5)


@pytest.mark.parametrize("first", [HALF, BUSY], ids=["half", "busy"])
def test_what_passes_is_not_told(first: bytes, tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    with s3_servers.broken(first, WHOLE) as server:
        environment.setenv("AWS_ENDPOINT_URL", server.endpoint)
        assert bucket(tmp_path, "passes").read(name(DATA), sha256(DATA)) == DATA
        assert len(server.asked) == 2


@pytest.mark.parametrize(
    "limits",
    [
        Limits(connect=2, read=0.2, whole=2, attempts=2, pause=0),
        Limits(connect=2, read=60, whole=0.2, attempts=2, pause=0),
    ],
    ids=["between", "whole"],
)
def test_a_server_that_never_answers(limits: Limits, tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    with s3_servers.broken(None) as server:
        environment.setenv("AWS_ENDPOINT_URL", server.endpoint)
        with pytest.raises(LockError, match="does not answer in time"):
            bucket(tmp_path, "never", limits=limits).read(name(DATA), sha256(DATA))
        with pytest.raises(SiteError, match="does not answer in time"):
            bucket(tmp_path, "never", limits=limits).put(name(DATA), DATA)


def test_a_host_that_takes_no_connection(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = []
        for _ in range(4):  # the queue is full: the kernel drops who comes now
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            waiting.append(client)
        environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        limits = Limits(connect=0.2, read=2, whole=20, attempts=1)
        with pytest.raises(LockError, match=r"does not answer in time|cannot be reached"):
            bucket(tmp_path, "full", limits=limits).read(name(DATA), sha256(DATA))
        for client in waiting:
            client.close()


def test_a_server_that_keeps_other_bytes_than_it_was_sent(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    stored = answer("200 OK", b"", headers='ETag: "0123"\r\n')
    lies = answer("200 OK", b"", length=len(DATA))  # HEAD: the right size, and no ETag to go by
    wrong = answer("200 OK", OTHER)
    with s3_servers.broken(stored, lies, wrong, stored, lies, wrong) as server:
        environment.setenv("AWS_ENDPOINT_URL", server.endpoint)
        with pytest.raises(SiteError, match="holds other bytes"):
            bucket(tmp_path, "lies").put(name(DATA), DATA)
    assert not list(tmp_path.rglob("*.png"))


def test_a_server_without_conditions_is_written_to_all_the_same(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    refused = answer("501 Not", b"<Error><Code>NotImplemented</Code><Message>header</Message></Error>")
    etag = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    stored = answer("200 OK", b"", headers=f'ETag: "{etag}"\r\n')
    head = answer("200 OK", b"", length=len(DATA), headers=f'ETag: "{etag}"\r\n')
    with s3_servers.broken(refused, stored, head) as server:
        environment.setenv("AWS_ENDPOINT_URL", server.endpoint)
        assert bucket(tmp_path, "plain").put(name(DATA), DATA) == name(DATA)
        asked = b"\n".join(server.asked).lower()
        assert asked.count(b"\nif-none-match:") == 1


def test_a_cache_that_cannot_be_written_costs_only_time(s3: Server, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    masters = bucket(tmp_path / "cache", "nocache")
    file = masters.put(name(DATA), DATA)
    assert masters.digest(file) == sha256(DATA)
    assert masters.read(file, sha256(DATA)) == DATA
    assert masters.path(file) is None


def test_who_lost_a_master_is_told_where_it_comes_back_from(tmp_path: Path) -> None:
    assert (
        store.restore_hint(store.open_master_store("heroes", tmp_path, tmp_path / "c"))
        == "take it back from version control"
    )
    bucket = store.open_master_store("s3://team/heroes", tmp_path, tmp_path / "c")
    assert store.restore_hint(bucket) == "put the pinned file back into s3://team/heroes"
