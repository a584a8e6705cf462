"""An HTTP proxy on loopback in front of a server: it counts requests, and delays, cuts, corrupts or refuses them."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to a request. ``delay``: seconds before it is forwarded. ``cut``: body bytes after which the
    connection is closed. ``corrupt``: changes the body of the response, ``corrupt_sent`` that of the request.
    ``status``: the response, without asking the server. ``code``: S3's code in it.
    """

    delay: float = 0.0
    cut: int | None = None
    corrupt: Callable[[bytes], bytes] | None = None
    corrupt_sent: Callable[[bytes], bytes] | None = None
    status: int | None = None
    code: str = "AccessDenied"


@dataclass(kw_only=True)
class Proxy:
    """A proxy that runs. ``requests``: method and path with query of each request. ``fault``: chooses its fault."""

    endpoint: str
    requests: list[tuple[str, str]] = field(default_factory=list)
    fault: Callable[[str, str], Fault | None] = lambda method, path: None

    def count(self, method: str, part: str = "") -> int:
        """The number of requests with this method whose path contains ``part``."""
        return sum(1 for each, path in self.requests if each == method and part in path)


def flip(data: bytes) -> bytes:
    """The bytes with the last one changed."""
    return data[:-1] + bytes([data[-1] ^ 1]) if data else data


@contextmanager
def proxy(server: str) -> Iterator[Proxy]:
    """Run a proxy in front of the server at an endpoint."""
    upstream = urlsplit(server)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told.requests.append((self.command, self.path))
            fault = told.fault(self.command, self.path) or Fault()
            time.sleep(fault.delay)
            if fault.status is not None:
                text = f"<Error><Code>{fault.code}</Code><Message>no</Message></Error>".encode()
                self._answer(fault.status, [("Content-Type", "application/xml")], text)
                return
            if fault.corrupt_sent is not None:
                body = fault.corrupt_sent(body)
            connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=30)
            try:
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body or None)
                response = connection.getresponse()
                data = response.read()
                headers = [(name, value) for name, value in response.getheaders() if name.lower() not in _HOP]
                length = response.getheader("Content-Length") if self.command == "HEAD" else None
            finally:
                connection.close()
            if fault.corrupt is not None:
                data = fault.corrupt(data)
            self._answer(response.status, headers, data, cut=fault.cut, length=length)

        def _answer(
            self,
            status: int,
            headers: list[tuple[str, str]],
            data: bytes,
            *,
            cut: int | None = None,
            length: str | None = None,
        ) -> None:
            with suppress(OSError):  # the client has given up
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", length or str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data if cut is None else data[:cut])
                if cut is not None:
                    self.close_connection = True

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing: clients that give up are part of the tests."""

    running = Server(("127.0.0.1", 0), Handler)
    told = Proxy(endpoint=f"http://127.0.0.1:{running.server_address[1]}")
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        running.shutdown()
        running.server_close()
        thread.join(5)
