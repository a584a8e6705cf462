"""Which files of a built site can change the result of a build."""

from __future__ import annotations

import re

_TEMPORARY = re.compile(
    r"""
    ^\.                    # hidden: swap files of Vim, locks of Emacs, folders of Git
    | ~$                   # backups of many editors
    | ^\#.*\#$             # autosaved by Emacs
    | ^\d+$                # Vim probes a folder with 4913
    | ___jb_\w+___$        # JetBrains
    | ^sed\w{6}$ | ^~\$    # sed -i, Office
    | \.(?:sw[a-z]|tmp|temp|part|partial|crdownload|bak|orig|rej|lock|log|pid)$
    """,
    re.IGNORECASE | re.VERBOSE,
)
_UNRELATED = re.compile(
    r"\.(?:map|woff2?|ttf|otf|eot|mp4|webm|m4v|mov|mp3|ogg|oga|ogv|wav|flac|zip|tar|7z|tgz|epub|wasm|py|pyc)$",
    re.IGNORECASE,
)


def matters(path: str) -> bool:
    """Whether a file can change what a build does. ``path``: relative to the site's root, with ``/``.

    Everything does but temporary files of editors, what is hidden, and types that no page takes an image or a style
    from: a build that changes nothing costs less than a change that is missed.
    """
    *folders, name = path.split("/")
    if any(folder.startswith(".") for folder in folders):
        return False
    return not (_TEMPORARY.search(name) or _UNRELATED.search(name))
