"""Read the texts of EXIF data without Pillow, within fixed limits: descriptions, comments and names of software."""

from __future__ import annotations

from collections.abc import Iterator

MAX_TEXT = 128 * 1024
"""Bytes of a text that are decoded; tools write what identifies them near its beginning."""

_EXIF_IFD = 0x8769
_MAX_ENTRIES = 512
_DISPLAY = (0x0112, 0x011A, 0x011B, 0x0128)  # orientation, resolution and its unit
_SIDES = (0xA002, 0xA003)
_NAMES = {
    0x010D: "DocumentName",
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x013B: "Artist",
    0x9286: "UserComment",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
    0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject",
}
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 13: 4, 129: 1}  # bytes by type of value


def exif_texts(raw: bytes) -> Iterator[tuple[str, str, bool]]:
    """Yield the name of each text, the text, and whether it is complete. Broken data ends the iteration."""
    raw = raw[raw.find(b"Exif\0\0") + 6 :] if raw[:10].find(b"Exif\0\0") >= 0 else raw
    order = {b"II": "little", b"MM": "big"}.get(raw[:2])
    if order is None and raw[4:6] in (b"II", b"MM"):  # an item of an AVIF: the offset of the header precedes it
        raw, order = raw[4:], "little" if raw[4:6] == b"II" else "big"
    if order is None:
        return
    is_little = order == "little"
    folders = [_number(raw[4:8], is_little)]
    for number in range(2):
        if number >= len(folders):
            return
        for tag, kind, count, value in _entries(raw, folders[number], is_little):
            if tag == _EXIF_IFD and number == 0:
                folders.append(_number(value, is_little))
            elif (name := _NAMES.get(tag)) is not None and kind in _SIZES:
                size = count * _SIZES[kind]
                at = _number(value, is_little)
                content = value[:size] if size <= 4 else raw[at : at + min(size, MAX_TEXT)]
                if text := _decode(name, content, is_little):
                    yield name, text, size <= MAX_TEXT


def display_exif(raw: bytes) -> bytes | None:
    """Return EXIF data with nothing but what browsers show an image by: orientation and density; None without those."""
    from PIL.Image import Exif  # only for files that are changed

    old, new = Exif(), Exif()
    raw = raw[raw.find(b"Exif\0\0") + 6 :] if raw[:10].find(b"Exif\0\0") >= 0 else raw
    try:
        old.load(raw if raw[:2] in (b"II", b"MM") else raw[4:])
        kept = {tag: value for tag in _DISPLAY if (value := old.get(tag)) is not None}
        sides = {tag: value for tag in _SIDES if (value := old.get_ifd(_EXIF_IFD).get(tag)) is not None}
    except Exception:  # broken metadata: browsers ignore it too
        return None
    if not kept:
        return None
    for tag, value in kept.items():
        new[tag] = value
    if sides:
        new.get_ifd(_EXIF_IFD).update(sides)
    return new.tobytes().removeprefix(b"Exif\0\0")


def _entries(raw: bytes, at: int, is_little: bool) -> Iterator[tuple[int, int, int, bytes]]:
    count = min(_number(raw[at : at + 2], is_little), _MAX_ENTRIES)
    for start in range(at + 2, at + 2 + 12 * count, 12):
        entry = raw[start : start + 12]
        if len(entry) < 12:
            return
        yield (
            _number(entry[:2], is_little),
            _number(entry[2:4], is_little),
            _number(entry[4:8], is_little),
            entry[8:],
        )


def _number(raw: bytes, is_little: bool) -> int:
    return int.from_bytes(raw, "little" if is_little else "big")


def _decode(name: str, content: bytes, is_little: bool) -> str:
    if name.startswith("XP"):
        return _strip(content.decode("utf-16-le", "replace"))
    if name == "UserComment" and content[:8] in (b"UNICODE\0", b"ASCII\0\0\0", b"JIS\0\0\0\0\0", b"\0" * 8):
        code, content = content[:8], content[8:]
        if code == b"UNICODE\0":
            return _strip(_decode_utf16(content, is_little))
    return _strip(content.decode("utf-8", "replace"))


def _decode_utf16(content: bytes, is_little: bool) -> str:
    """Decode UTF-16 in the byte order that its zeros show: many tools ignore the order of the EXIF data."""
    head = content[:256]
    first, second = head[::2].count(0), head[1::2].count(0)
    if first == second == 0 and content[:1].isascii() and content[1:2].isascii():  # declared as Unicode, but is UTF-8
        return content.decode("utf-8", "replace")
    is_little = second > first if first != second else is_little
    return content.decode("utf-16-le" if is_little else "utf-16-be", "replace")


def _strip(text: str) -> str:
    return text.strip("\0\ufeff \t\r\n")
