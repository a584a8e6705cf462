"""``python -m tests.bench COMMAND``: every benchmark under one roof.

    python -m tests.bench encode|table|cold|warm|html|lint|memory|mkdocs-overhead|library|locked|diffusers|
        measure-site|lcp-agreement|first-screen|audits|agreement|schema-org|cards|store [--json] …

A command is a module of this package with ``arguments(parser)``, which adds what only it can be asked, and
``run(options) -> dict``, its figures. A benchmark that lacks something (the network, a program) answers
``{"skipped": why}``.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from tests.bench.shown import shown

COMMANDS = (
    "encode",
    "table",
    "cold",
    "warm",
    "html",
    "lint",
    "memory",
    "mkdocs-overhead",
    "library",
    "locked",
    "diffusers",
    "measure-site",
    "lcp-agreement",
    "first-screen",
    "audits",
    "agreement",
    "schema-org",
    "cards",
    "store",
)


def main(words: list[str] | None = None) -> None:
    """Run one command and print its figures: as JSON, or a line each."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join(COMMANDS))
    words = sys.argv[1:] if words is None else words
    for name in COMMANDS:
        asked = name in words[:1]  # the others stay unloaded
        module = import_module(f"tests.bench.{name.replace('-', '_')}") if asked else None
        command = commands.add_parser(name, help=None, description=module.__doc__ if module else None)
        command.formatter_class = argparse.RawDescriptionHelpFormatter
        command.add_argument("--json", action="store_true", help="print JSON instead of a line a figure")
        if module is not None:
            module.arguments(command)
            command.set_defaults(run=module.run)
    options = parser.parse_args(words)
    print(shown(options.run(options), as_json=options.json))


if __name__ == "__main__":
    main()
