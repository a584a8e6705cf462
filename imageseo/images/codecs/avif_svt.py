"""AVIF codec based on SVT-AV1: half of libaom's time, slightly larger files (extra ``svt``: pillow-avif-plugin)."""

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
from imageseo.model.formats import mime_of, suffix_of
from imageseo.model.image import ContentType

if TYPE_CHECKING:
    from PIL.Image import Image

_PACKAGE = "pillow-avif-plugin"
_MIN_SIDE = 4
"""px: SVT-AV1 rejects images with a shorter side."""
_MAX_SIZE = (16_384, 8_704)
"""px: SVT-AV1 rejects wider or taller images."""
_CAPABILITIES_V3 = 0x20080522
_SYS_NICE = 1 << 23


class AvifSvt:
    """Encode as 4:2:0 on one thread. Effort: libavif's speed, 0 (slowest) to 10; SVT-AV1 saves most time at 8.

    SVT-AV1 supports neither 4:4:4 nor tiny or huge images; libaom from the same package always encodes those.
    """

    name = "avif"
    mime = mime_of("avif")
    suffix = suffix_of("avif")
    keeps_alpha = True
    max_side: int | None = 32_768  # as in avif.py
    default_speed = 8

    def version(self) -> str:
        """Return the versions of the package, libavif and the encoders. Raises MissingExtraError."""
        encoder = _load_encoder_module()
        parts = [part for part in encoder.codec_versions().split(", ") if part.startswith(("svt", "aom"))]
        return f"1 {_PACKAGE} {metadata.version(_PACKAGE)} libavif {encoder.libavif_version} {' '.join(parts)} tune=4"

    def codings(self, kind: ContentType) -> tuple[str, ...]:
        return ("",) if kind is ContentType.PHOTO else ("4:4:4",)

    def encode(self, image: Image, *, quality: int, effort: int | None, xmp: bytes | None, coding: str = "") -> bytes:
        """Encode an image. Raises MissingExtraError."""
        fits = image.width <= _MAX_SIZE[0] and image.height <= _MAX_SIZE[1]
        svt = not coding and fits and min(image.size) >= _MIN_SIDE
        encoder = _load_encoder_module().AvifEncoder(
            *image.size,
            coding or "4:2:0",
            -1,  # minimum and maximum quantiser, superseded by the quality
            -1,
            quality,
            self.default_speed if effort is None else effort,
            1,  # number of threads
            "svt" if svt else "aom",
            "full",
            0,  # tile rows and columns (log2)
            0,
            False,  # alpha is not premultiplied
            False,  # no automatic tiling, which depends on the machine
            b"",
            b"",
            1,
            xmp or b"",
            # SVT-AV1's 4 is MS-SSIM; at quality 100 libaom is lossless and rejects the option "tune".
            ((b"tune", b"4" if svt else b"ssimulacra2"),) if svt or quality < 100 else None,
        )
        with _ordinary_priority():
            encoder.add(image.tobytes("raw", image.mode), 0, *image.size, image.mode, True)
            data: bytes = encoder.finish()
        return data


@contextmanager
def _ordinary_priority() -> Iterator[None]:
    """Prevent SVT-AV1 from permanently giving the calling thread real-time priority, as it does when run as root.

    Every child process would inherit the priority, and one that never ends (such as a page's script) could block the
    machine. Only Linux allows this, by the capability CAP_SYS_NICE, which this thread drops in the meantime.
    """
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        yield
        return
    libc = CDLL(None)
    header = (c_uint32 * 2)(_CAPABILITIES_V3, 0)  # 0: the calling thread
    capabilities = (c_uint32 * 6)()  # effective, permitted, inheritable: first for bits 0 to 31, then for the rest
    has_sys_nice = libc.capget(header, capabilities) == 0 and capabilities[0] & _SYS_NICE
    if has_sys_nice:
        libc.capset(header, (c_uint32 * 6)(capabilities[0] & ~_SYS_NICE, *capabilities[1:]))
    try:
        yield
    finally:
        if has_sys_nice:
            libc.capset(header, capabilities)


@cache
def _load_encoder_module() -> Any:
    """Load only the plugin's compiled module: importing the plugin would replace Pillow's AVIF handler globally."""
    package = find_spec("pillow_avif")
    spec = PathFinder.find_spec("_avif", package.submodule_search_locations) if package else None
    if spec is None or spec.loader is None:
        raise MissingExtraError(
            "`encode.avif_encoder: svt` requires the package pillow-avif-plugin, which is not installed.",
            hint=f"{extras.install_command('svt')}, or set `encode.avif_encoder: aom`.",
        )
    os.environ.setdefault("SVT_LOG", "-1")  # otherwise SVT-AV1 logs to stderr for every image
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    if not module.encoder_codec_available("svt"):
        raise MissingExtraError(
            "The installed pillow-avif-plugin was built without SVT-AV1.",
            hint=f"{extras.install_command('svt')} --force-reinstall, or set `encode.avif_encoder: aom`.",
        )
    return module


CODEC = AvifSvt()
