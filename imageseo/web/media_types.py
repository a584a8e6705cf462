"""Media types of files by their suffix, as web servers send them: the system's own list may lack them, or differ."""

from __future__ import annotations

from imageseo.model.formats import mime_of_suffix

UNKNOWN = "application/octet-stream"
_TYPES = {
    "avif": "image/avif",
    "bmp": "image/bmp",
    "css": "text/css",
    "gif": "image/gif",
    "htm": "text/html",
    "html": "text/html",
    "ico": "image/x-icon",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "jxl": "image/jxl",
    "map": "application/json",
    "mjs": "text/javascript",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "ttf": "font/ttf",
    "txt": "text/plain",
    "wasm": "application/wasm",
    "webm": "video/webm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xhtml": "application/xhtml+xml",
    "xml": "application/xml",
}


def of_suffix(suffix: str) -> str | None:
    """Return the media type of files with a suffix, written without its dot; None if it is not known."""
    suffix = suffix.lower()
    return _TYPES.get(suffix) or mime_of_suffix(suffix)


def of_image(format: str) -> str:
    """Return the media type of an image by the name of its format, as ``Asset.format`` has it."""
    return "image/svg+xml" if format == "svg" else f"image/{format}"
