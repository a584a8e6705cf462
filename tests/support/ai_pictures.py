"""Pictures as generative tools write them: a small image with the texts of each tool, in each of its formats."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Mapping
from typing import Any

SECRET = "zweihundert purpurne Zeppeline"
"""A phrase of every prompt: no published file may contain it."""

A1111 = (
    f"{SECRET} over a harbour, <lora:paper:0.7>\nNegative prompt: people, text\n"
    "Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 1234567890, Size: 832x1216, "
    "Model hash: 31e35c80fc, Model: sd_xl_base_1.0, Version: v1.10.1"
)
GRAPH: dict[str, Any] = {
    "3": {
        "class_type": "KSampler",
        "inputs": {"seed": 8566257, "steps": 20, "cfg": 8.0, "sampler_name": "euler", "positive": ["6", 0]},
    },
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": SECRET, "clip": ["4", 1]}},
}
WORKFLOW: dict[str, Any] = {
    "last_node_id": 9,
    "last_link_id": 9,
    "nodes": [{"id": 7, "type": "CLIPTextEncode"}],
    "links": [],
}
INVOKEAI = {
    "app_version": "5.4.2",
    "generation_mode": "sdxl_txt2img",
    "positive_prompt": SECRET,
    "seed": 42,
    "steps": 30,
}
SD_METADATA = {
    "model": "stable diffusion",
    "app_id": "invoke-ai/InvokeAI",
    "app_version": "2.3.5",
    "image": {"prompt": [{"prompt": SECRET, "weight": 1.0}], "steps": 50, "seed": 1, "sampler": "k_lms"},
}
NOVELAI = {
    "prompt": SECRET,
    "steps": 28,
    "height": 1216,
    "width": 832,
    "scale": 5.0,
    "uc": "lowres",
    "seed": 77,
    "sampler": "k_euler",
}
FOOOCUS = {
    "adm_guidance": "(1.5, 0.8, 0.3)",
    "metadata_scheme": "fooocus",
    "prompt": SECRET,
    "seed": "5",
    "version": "Fooocus v2.5.0",
}
SWARM = {"sui_image_params": {"prompt": SECRET, "model": "flux1-dev", "seed": 9, "steps": 20}, "sui_extra_data": {}}
DRAW_THINGS = {
    "c": SECRET,
    "lora": [],
    "model": "flux_1_schnell.ckpt",
    "sampler": "Euler A Trailing",
    "scale": 1,
    "seed": 3,
}

PNG_TEXTS: Mapping[str, Mapping[str, str]] = {
    "a1111": {"parameters": A1111},
    "comfyui": {"prompt": json.dumps(GRAPH), "workflow": json.dumps(WORKFLOW)},
    "comfyui workflow": {"workflow": json.dumps(WORKFLOW)},
    "invokeai": {"invokeai_metadata": json.dumps(INVOKEAI)},
    "invokeai 2": {"sd-metadata": json.dumps(SD_METADATA)},
    "invokeai 1": {"Dream": f'"{SECRET}" -s 50 -S 42 -W 512 -H 512 -C 7.5 -A k_lms'},
    "novelai": {
        "Title": "AI generated image",
        "Description": SECRET,
        "Software": "NovelAI",
        "Source": "Stable Diffusion XL 4BE8C60C",
        "Comment": json.dumps(NOVELAI),
    },
    "fooocus": {"parameters": json.dumps(FOOOCUS), "fooocus_scheme": "fooocus"},
    "swarmui": {"parameters": json.dumps(SWARM, indent=2)},
    "easy diffusion": {"prompt": SECRET, "seed": "4", "use_stable_diffusion_model": "sd-v1-5"},
    "midjourney": {
        "Description": f"{SECRET} --ar 16:9 --v 6.1 Job ID: 7b2a0d1e-4c55-4d8e-9a51-0d1b6f3f2a10",
        "Author": "ada",
    },
    "a1111 with an odd template": {
        "parameters": f"{SECRET}\nline two\nTemplate: x\nSeed: 7, Steps: 20, Extra: {{a: b}}"
    },
}
"""Tool -> keyword -> text of its PNGs."""

USER_COMMENTS: Mapping[str, str] = {
    "a1111": A1111,
    "swarmui": json.dumps(SWARM),
    "fooocus": json.dumps(FOOOCUS),
    "easy diffusion": json.dumps({"prompt": SECRET, "seed": 4, "use_stable_diffusion_model": "sd-v1-5"}),
}
"""Tool -> EXIF's UserComment of its JPEGs and WebPs."""


def image(size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Any:
    """Return a picture with many colours."""
    from PIL import Image

    picture = Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", [picture, picture.rotate(90).resize(size), picture.rotate(180)]).convert(mode)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def png(texts: Mapping[str, str | bytes] = {}, *, form: str = "tEXt", late: bool = False, **options: Any) -> bytes:
    """Return a PNG with texts. ``form``: their chunks. ``late``: after the pixels. Bytes are written as they are."""
    out = io.BytesIO()
    image(options.pop("size", (64, 48)), options.pop("mode", "RGB")).save(out, "PNG", **options)
    data, chunks = out.getvalue(), b""
    for key, text in texts.items():
        raw, keyword = (text.encode() if isinstance(text, str) else text), key.encode("latin-1")
        body = {
            "tEXt": keyword + b"\0" + raw,
            "zTXt": keyword + b"\0\0" + zlib.compress(raw),
            "iTXt": keyword + b"\0\0\0\0\0" + raw,
            "iTXt+": keyword + b"\0\1\0\0\0" + zlib.compress(raw),
        }[form]
        chunks += png_chunk(form[:4].encode(), body)
    at = data.rindex(b"\0\0\0\0IEND") if late else 33
    return data[:at] + chunks + data[at:]


def exif(texts: Mapping[int, str | bytes], comment: bytes | None = None, orientation: int = 1) -> bytes:
    """Return EXIF data with texts in IFD 0 and a UserComment (its bytes with the prefix of the character code)."""
    from PIL.Image import Exif

    data = Exif()
    if orientation != 1:
        data[0x0112] = orientation
    for tag, text in texts.items():
        data[tag] = text
    if comment is not None:
        data.get_ifd(0x8769)[0x9286] = comment
    return data.tobytes()


def raster(form: str, **options: Any) -> bytes:
    """Return a JPEG, WEBP or AVIF. ``options``: of Pillow's ``save``."""
    out = io.BytesIO()
    image(options.pop("size", (64, 48))).save(out, form, **options)
    return out.getvalue()


def xmp(fields: str, toolkit: str = "Adobe XMP Core") -> bytes:
    """Return a packet with properties of its description."""
    return (
        f'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{toolkit}">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
        f'{fields}</rdf:Description></rdf:RDF></x:xmpmeta>{" " * 200}<?xpacket end="w"?>'
    ).encode()


def manifest(kind: str, signer: str = "OpenAI") -> bytes:
    """Return what looks like a C2PA store that declares a digital source type."""
    words = f"c2pa\0 {signer} digitalSourceType http://cv.iptc.org/newscodes/digitalsourcetype/{kind}".encode()
    inner = b"jumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9bq\x03" + words
    return (len(inner) + 8).to_bytes(4, "big") + b"jumb" + inner
