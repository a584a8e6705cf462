"""Serves a built site on this machine while it is watched, and has its pages loaded again after builds."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from imageseo.model import extras
from imageseo.model.errors import MissingExtraError, SiteError

if TYPE_CHECKING:
    from arel import HotReload

HOST = "127.0.0.1"


class PreviewServer:
    """A running server. ``port``: the one it listens at."""

    def __init__(self, port: int, loop: asyncio.AbstractEventLoop, hot: HotReload) -> None:
        self.port = port
        self._loop = loop
        self._hot = hot

    def reload(self) -> None:
        """Have all open pages loaded again."""
        asyncio.run_coroutine_threadsafe(self._hot.notify.notify(), self._loop)


@contextmanager
def serving(root: Path, port: int, *, base: Callable[[], tuple[str, str | None]]) -> Iterator[PreviewServer]:
    """Serve a site until the block ends. ``port``: 0 for any. ``base``: as of ``SiteApp``.

    Raises MissingExtraError without the packages, SiteError if the port is taken.
    """
    try:
        import uvicorn
        import websockets  # noqa: F401 - uvicorn asks for it when a page connects
        from arel import HotReload
    except ImportError as error:
        raise MissingExtraError(
            f"--serve needs the package {error.name}, which is not installed", hint=extras.install_command("serve")
        ) from error
    from imageseo.integrations.watching.site_app import SiteApp

    hot = HotReload(paths=[])
    app = SiteApp(root, base=base, reload=hot)
    listener = _listen(port)
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, log_level=logging.CRITICAL, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(server.serve(sockets=[listener])), name="imageseo-serve", daemon=True
    )
    thread.start()
    try:
        yield PreviewServer(listener.getsockname()[1], loop, hot)
    finally:
        server.should_exit = True
        thread.join(5)
        listener.close()
        if not thread.is_alive():
            loop.close()


def _listen(port: int) -> socket.socket:
    """Return a socket at a port of this machine. Raises SiteError if that cannot be."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_REUSEADDR") and not hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # after a restart
        listener.bind((HOST, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        what = "another program uses it" if taken else getattr(error, "strerror", None) or error
        raise SiteError(
            f"port {port}: {what}", hint=f"choose another one: --serve {port + 1 if 0 < port < 65535 else 8000}"
        ) from error
    return listener
