"""Commands of this environment in processes of their own, forked from one that has imported their modules.

Half the time of a small build is that of its imports. Each command has its own server, a Python of the same environment
that runs nothing itself; a forked process gets folder, variables, arguments and output as a started one would.
All processes of one server have the same hash seed: tests that compare two runs of a command start them afresh.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

# What a build imports anyway, by command. MkDocs' and ProperDocs' plugin must not find the modules of the other one.
_PIPELINE = (
    *("imageseo.cli.main", "imageseo.pipeline.build", "imageseo.pipeline.composition", "imageseo.pipeline.planner"),
    *("imageseo.cli.commands.lint", "imageseo.integrations.project", "imageseo.lint.facts.page"),
    *("imageseo.lint.facts.site", "imageseo.images.resizers.pillow", "imageseo.web.structured_data.image_object"),
    *("PIL.ImageCms", "babel.support", "jinja2", "markdown.extensions.attr_list", "turbohtml.extract", "yaml"),
)
_MODULES: Mapping[str, Sequence[str]] = {
    "imageseo": (*_PIPELINE, "mkdocs.config.defaults"),
    "mkdocs": ("mkdocs.config.defaults", "mkdocs.commands.build", *_PIPELINE, "imageseo.integrations.mkdocs"),
    "properdocs": (
        "properdocs.config.defaults",
        "properdocs.commands.build",
        *_PIPELINE,
        "imageseo.integrations.mkdocs",
    ),
    "pelican": ("pelican", "pelican.generators", *_PIPELINE, "imageseo.integrations.pelican"),
}


def run(
    words: Sequence[str], *, cwd: Path, env: Mapping[str, str], usual: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str] | None:
    """Run ``python -m`` these words. None where that needs an interpreter of its own: modules may read variables when
    they are imported, and these were imported with the ``usual`` ones.
    """
    if words[0] not in _MODULES or sys.platform != "linux" or _early(env) != _early(usual):
        return None
    address = _server(words[0], tuple(sorted(_early(usual).items())))
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        socket.socket(socket.AF_UNIX) as connection,
    ):
        connection.settimeout(timeout)
        connection.connect(address)
        request = json.dumps({"words": list(words), "cwd": str(cwd), "env": dict(env)}).encode()
        socket.send_fds(connection, [len(request).to_bytes(4, "big")], [out.fileno(), err.fileno()])
        connection.sendall(request)
        pid = 0
        try:
            with connection.makefile() as replies:
                pid, code = int(replies.readline()), int(replies.readline())
        except TimeoutError:
            if pid:
                os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(list(words), timeout) from None
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode().replace("\r\n", "\n"))
    return subprocess.CompletedProcess(list(words), code, *texts)


def _early(env: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables that are perhaps read early: all but those that imageseo reads when it runs."""
    return {name: value for name, value in env.items() if not name.startswith(("IMAGESEO_", "CHROME_PATH", "PYTEST_"))}


_servers: list[str] = []


@functools.cache
def _server(name: str, variables: tuple[tuple[str, str], ...]) -> str:
    """Start the server of a command; return its address. It ends with this process."""
    address = f"\0imageseo-tests-{os.getpid()}-{name}-{len(_servers)}"
    _servers.append(address)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(16)
        server = subprocess.Popen(
            [sys.executable, __file__, name, str(listener.fileno())],
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
        )
    atexit.register(server.communicate)
    return address


def _serve(listener: socket.socket) -> socket.socket | None:
    """Fork for each request. In a forked process return its connection; None when nobody can ask any more."""
    import select

    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        while _children() and os.waitpid(-1, os.WNOHANG)[0]:
            pass
        if listener not in ready:
            return None
        connection, _ = listener.accept()
        if not os.fork():
            return connection
        connection.close()


def _children() -> bool:
    try:
        return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return False


def _become_command(connection: socket.socket) -> list[str] | None:
    """Fork once more: the command, whose words are returned in it, and a process that tells how it ended."""
    size, fds, _, _ = socket.recv_fds(connection, 4, 2)
    request = bytearray()
    while len(request) < int.from_bytes(size, "big"):
        request += connection.recv(1 << 16)
    pid = os.fork()
    if pid:
        connection.sendall(f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        return None
    connection.close()
    asked = json.loads(request)
    for number, fd in enumerate(fds, 1):
        os.dup2(fd, number)
        os.close(fd)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    words: list[str] = asked["words"]
    return words


def _main(name: str, fd: str) -> None:
    listener = socket.socket(fileno=int(fd))
    for module in _MODULES[name]:
        importlib.import_module(module)
    gc.freeze()
    connection = _serve(listener)
    listener.close()
    words = _become_command(connection) if connection is not None else None
    if words is None:
        os._exit(0)
    gc.unfreeze()
    sys.argv, sys.path[0] = words, str(Path.cwd())
    importlib.invalidate_caches()
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
