"""Which Chromium measures, and how it is started: without a network, without a user's profile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from imageseo.model.errors import BrowserError, MissingExtraError, SettingsError

VARIABLE = "CHROME_PATH"
"""As Lighthouse and others read it; `measure.chromium` of the settings comes first."""
# The shells come first: Chromium without windows lays out alike, in two thirds of the time.
_SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
_NAMES = (
    *_SHELLS,
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
    "microsoft-edge",
    "msedge",
)
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--dns-prefetch-disable",
    "--force-color-profile=srgb",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--no-first-run",
    # Nothing but the served site is asked for: names lead nowhere, and all else goes to a proxy that is not there.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--proxy-server=http://127.0.0.1:9",
)
_HINT = (
    "install one (Debian: apt-get install chromium-headless-shell; else `playwright install chromium`), or name it by "
    f"`measure.chromium` or ${VARIABLE}; `lint` and `build` need none"
)


def flags(origin: str) -> list[str]:
    """Of a browser that may open ``origin`` and nothing else."""
    # Chromium's sandbox does not start as root, which containers are; what it opens is the user's own site.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [*_FLAGS, f"--proxy-bypass-list=<-loopback>;{origin.removeprefix('http://')}", *root]


def find(setting: str | None, env: Mapping[str, str]) -> str | None:
    """The executable: of the settings, of the environment, by a well-known name; None: as Playwright has its own.

    Raises SettingsError, BrowserError for one that is named and not there.
    """
    if setting is not None:
        named = shutil.which(setting)
        if named is None:
            raise SettingsError((f"measure.chromium: there is no program {setting!r}",), hint=_HINT)
        return named
    if env.get(VARIABLE):
        named = shutil.which(env[VARIABLE])
        if named is None:
            raise BrowserError(f"${VARIABLE} names {env[VARIABLE]!r}, and there is no such program", hint=_HINT)
        return named
    known = (shutil.which(name, path=env.get("PATH")) for name in _NAMES)
    return next((path for path in known if path), None) or next((p for p in _PLACES if Path(p).is_file()), None)


def require() -> None:
    """Raises MissingExtraError where Playwright is not installed."""
    if find_spec("playwright") is None:
        from imageseo.model import extras

        raise MissingExtraError(
            "a browser is driven by Playwright, which is not installed", hint=extras.install_command("browser")
        )


def missing(error: Exception) -> BrowserError:
    """What a browser that does not start is told as; Playwright's box of advice is about its own downloads."""
    lines = [line.strip(" ╔║╚╗╝═") for line in str(error).splitlines()]
    first = next((line for line in lines if line), type(error).__name__)
    logged = next((line for line in lines if "error" in line.lower() and line != first), "")
    why = first.removeprefix("BrowserType.launch: ")
    return BrowserError(f"Chromium does not start: {why}" + (f" ({logged[:200]})" if logged else ""), hint=_HINT)
