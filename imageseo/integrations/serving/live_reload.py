"""The server of MkDocs and ProperDocs that builds again after changes: keeps the cache out of what it watches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.livereload import LiveReloadServer


class LiveReload:
    """A server whose watched folders may contain the cache. ``watched``: what it may watch already, in that order.

    Every handler of the server's observer does the same: it asks for a build. The last one is kept to ask for one
    without a change of a file, because a file to be changed for that would have to be somewhere.
    """

    def __init__(self, server: LiveReloadServer, cache: Path, *, watched: Iterable[str]) -> None:
        self._cache = tuple(f"{folder}{os.sep}" for folder in {os.path.abspath(cache), os.path.realpath(cache)})  # noqa: PTH100
        self._handle: Callable[[Any], None] | None = None
        self._schedule = server.observer.schedule
        server.observer.schedule = self._schedule_filtered  # type: ignore[method-assign, assignment]
        *folders, last = watched
        for path in (*(each for each in folders if self._contains_cache(each)), last):
            with suppress(KeyError):  # it is not watched
                server.unwatch(path)
                server.watch(path)

    def _contains_cache(self, folder: str) -> bool:
        return any(form.startswith(os.path.abspath(folder) + os.sep) for form in self._cache)  # noqa: PTH100

    def build(self) -> None:
        """Ask the server for a build, from any thread."""
        if self._handle is not None:
            from watchdog.events import FileModifiedEvent

            self._handle(FileModifiedEvent("imageseo: images are ready"))

    def _schedule_filtered(self, handler: Any, path: str, **options: Any) -> Any:
        handle = self._handle = handler.on_any_event

        def on_any_event(event: Any) -> None:
            paths = [os.fsdecode(each) for each in (event.src_path, getattr(event, "dest_path", "")) if each]
            if not all(each.startswith(self._cache) for each in paths):
                handle(event)

        handler.on_any_event = on_any_event
        return self._schedule(handler, path, **options)
