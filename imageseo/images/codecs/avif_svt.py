"""AVIF by SVT-AV1: half of libaom's time for a few more bytes (extra ``svt``: pillow-avif-plugin)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL, c_uint32
from functools import cache
from importlib import metadata
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any

from imageseo.model import extras
from imageseo.model.errors import MissingExtraError
from imageseo.model.image import ContentType

if TYPE_CHECKING:
    from PIL.Image import Image

_PACKAGE = "pillow-avif-plugin"
_SMALLEST = 4
"""px: SVT-AV1 refuses a picture that is narrower or lower."""
_CAPABILITIES_V3 = 0x20080522
_SYS_NICE = 1 << 23


class AvifSvt:
    """4:2:0, one thread. Effort: libavif's speed, 0 (slowest) to 10; 8 is where SVT-AV1 pays most.

    SVT-AV1 knows no 4:4:4 and no tiny pictures; these are libaom's, out of the same package, always.
    """

    name = "avif"
    mime = "image/avif"
    suffix = "avif"
    keeps_alpha = True
    default_speed = 8

    def version(self) -> str:
        """Raises MissingExtraError."""
        encoder = _encoder()
        parts = [part for part in encoder.codec_versions().split(", ") if part.startswith(("svt", "aom"))]
        return f"1 {_PACKAGE} {metadata.version(_PACKAGE)} libavif {encoder.libavif_version} {' '.join(parts)} tune=4"

    def codings(self, kind: ContentType) -> tuple[str, ...]:
        return ("",) if kind is ContentType.PHOTO else ("4:4:4",)

    def encode(self, image: Image, *, quality: int, effort: int | None, xmp: bytes | None, coding: str = "") -> bytes:
        """Raises MissingExtraError."""
        svt = not coding and min(image.size) >= _SMALLEST
        encoder = _encoder().AvifEncoder(
            *image.size,
            coding or "4:2:0",
            -1,  # quantisers, superseded by the quality
            -1,
            quality,
            self.default_speed if effort is None else effort,
            1,  # thread; the next but one: tiles, which follow the number of threads
            "svt" if svt else "aom",
            "full",
            0,
            0,
            False,  # alpha is not premultiplied
            False,  # and tiles are not the machine's choice
            b"",
            b"",
            1,
            xmp or b"",
            # SVT-AV1's 4 is MS-SSIM; at 100 libaom is lossless, and refuses to be tuned.
            ((b"tune", b"4" if svt else b"ssimulacra2"),) if svt or quality < 100 else None,
        )
        with _ordinary_priority():
            encoder.add(image.tobytes("raw", image.mode), 0, *image.size, image.mode, True)
            data: bytes = encoder.finish()
        return data


@contextmanager
def _ordinary_priority() -> Iterator[None]:
    """Keep SVT-AV1 from what it does as root: it gives the thread that calls it real-time priority, and for good.

    Every process started from there would inherit it, and one of them that never ends (a page's script, say) stop the
    machine. Linux alone lets root do that, by a capability that this thread goes without meanwhile.
    """
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        yield
        return
    libc = CDLL(None)
    header = (c_uint32 * 2)(_CAPABILITIES_V3, 0)  # 0: the thread that asks
    held = (c_uint32 * 6)()  # effective, permitted, inheritable: of the first 32, and of the rest
    known = libc.capget(header, held) == 0 and held[0] & _SYS_NICE
    if known:
        libc.capset(header, (c_uint32 * 6)(held[0] & ~_SYS_NICE, *held[1:]))
    try:
        yield
    finally:
        if known:
            libc.capset(header, held)


@cache
def _encoder() -> Any:
    """The plugin's compiled part alone: importing the plugin would take Pillow's own AVIF handler from everybody."""
    package = find_spec("pillow_avif")
    spec = PathFinder.find_spec("_avif", package.submodule_search_locations) if package else None
    if spec is None or spec.loader is None:
        raise MissingExtraError(
            "`encode.avif_encoder: svt` needs the package pillow-avif-plugin, which is not installed.",
            hint=f"{extras.install_command('svt')}, or set `encode.avif_encoder: aom`.",
        )
    os.environ.setdefault("SVT_LOG", "-1")  # else every picture writes a page to stderr
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    if not module.encoder_codec_available("svt"):
        raise MissingExtraError(
            "The installed pillow-avif-plugin was built without SVT-AV1.",
            hint=f"{extras.install_command('svt')} --force-reinstall, or set `encode.avif_encoder: aom`.",
        )
    return module


CODEC = AvifSvt()
