"""A stub of the APIs of GitHub and GitLab for comments, on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

LONGEST = 65_536


@dataclass(kw_only=True)
class CommentApi:
    """Comments of request 7. ``authors``: token -> who it is; ``refuse``: method -> statuses to answer next, of which
    the last one stays. ``asked``: method and path of each request.
    """

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    authors: Mapping[str, str] = field(default_factory=lambda: {"token": "github-actions[bot]"})
    refuse: dict[str, list[int]] = field(default_factory=dict)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def add(self, body: str, author: str = "somebody") -> int:
        self.comments.append({"id": len(self.comments) + 1, "body": body, "author": author})
        return len(self.comments)

    def answer(self, method: str, path: str, token: str, body: str | None) -> tuple[int, Any]:
        self.asked.append(f"{method} {path}")
        parts, query = urlsplit(path), parse_qs(urlsplit(path).query)
        refused = self.refuse.get(method)
        if refused:
            status = refused.pop(0) if len(refused) > 1 else refused[0]
            if status != 200:
                return status, {"message": "refused"}
        if token not in self.authors:
            return 401, {}
        if parts.path.endswith("/pulls"):
            return 200, [each for each in self.pulls if each["head"]["label"] == query["head"][0]]
        if method == "GET":
            page, size = int(query["page"][0]), int(query["per_page"][0])
            return 200, self.comments[(page - 1) * size : page * size]
        if body is None or len(body) > LONGEST:
            return 422, {"message": "body is too long (maximum is 65536 characters)"}
        if method == "POST":
            return 201, {"id": self.add(body, self.authors[token])}
        number = int(parts.path.rpartition("/")[2])
        found = next((each for each in self.comments if each["id"] == number), None)
        if found is None:
            return 404, {}
        found["body"] = body
        return 200, found


@contextmanager
def serve(api: CommentApi) -> Iterator[CommentApi]:
    """Serve the API, and set its ``url``."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65_537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            size = int(self.headers.get("Content-Length") or 0)
            data = json.loads(self.rfile.read(size)) if size else {}
            token = self.headers.get("PRIVATE-TOKEN") or self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, found = api.answer(self.command, self.path, token, data.get("body"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
