"""Find Chromium and its command line flags: without network access, without a user profile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from imageseo.model.errors import BrowserError, MissingExtraError, SettingsError

VARIABLE = "CHROME_PATH"
"""The environment variable that Lighthouse also reads; the setting `measure.chromium` takes precedence."""
# Headless shells come first: they have the same layout as Chromium and need two thirds of the time.
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
    # Only the served site is reachable: names do not resolve, and other requests go to a proxy that does not exist.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--proxy-server=http://127.0.0.1:9",
)
_HINT = (
    "install one (Debian: apt-get install chromium-headless-shell; else `playwright install chromium`), or set "
    f"`measure.chromium` or ${VARIABLE}; `lint` and `build` need no browser"
)


def flags(origin: str) -> list[str]:
    """Return the flags of a browser that can open only ``origin``."""
    # Chromium's sandbox does not start as root, as in containers; only the user's own site is opened.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [*_FLAGS, f"--proxy-bypass-list=<-loopback>;{origin.removeprefix('http://')}", *root]


def find(setting: str | None, env: Mapping[str, str]) -> str | None:
    """Return the executable from the setting, the environment or a well-known name; None: use Playwright's own.

    Raises SettingsError or BrowserError if the configured one does not exist.
    """
    if setting is not None:
        executable = shutil.which(setting)
        if executable is None:
            raise SettingsError((f"measure.chromium: no such program: {setting!r}",), hint=_HINT)
        return executable
    if env.get(VARIABLE):
        executable = shutil.which(env[VARIABLE])
        if executable is None:
            raise BrowserError(f"${VARIABLE}: no such program: {env[VARIABLE]!r}", hint=_HINT)
        return executable
    found = (shutil.which(name, path=env.get("PATH")) for name in _NAMES)
    return next((path for path in found if path), None) or next(
        (path for path in _PLACES if Path(path).is_file()), None
    )


def require() -> None:
    """Raise MissingExtraError if Playwright is not installed."""
    if find_spec("playwright") is None:
        from imageseo.model import extras

        raise MissingExtraError(
            "measuring needs Playwright, which is not installed", hint=extras.install_command("browser")
        )


def start_error(error: Exception) -> BrowserError:
    """Return the error for a browser that does not start, without Playwright's advice about its own downloads."""
    lines = [line.strip(" ╔║╚╗╝═") for line in str(error).splitlines()]
    first = next((line for line in lines if line), type(error).__name__)
    logged = next((line for line in lines if "error" in line.lower() and line != first), "")
    reason = first.removeprefix("BrowserType.launch: ")
    return BrowserError(f"Chromium does not start: {reason}" + (f" ({logged[:200]})" if logged else ""), hint=_HINT)
