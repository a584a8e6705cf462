"""Recognise the programs that generate images by the texts that they write into their files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imageseo.images.metadata.text_fields import TextField

UNKNOWN = "a generative model"
A1111 = "Stable Diffusion WebUI (A1111)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What a text tells. ``tool``: the program, None if the text does not prove that a model made the image.

    ``is_prompt``: whether the text contains a prompt, settings or a workflow.
    """

    tool: str | None = None
    is_prompt: bool = False


# Names of programs as EXIF's Software, PNG's Software, XMP's CreatorTool and the like begin.
_SOFTWARE = re.compile(
    r"(?P<tool>NovelAI|InvokeAI|ComfyUI|Fooocus|SwarmUI|StableSwarmUI|SD\.Next|Stable ?Diffusion|Draw Things|"
    r"DiffusionBee|Mochi Diffusion|Easy Diffusion|AI Horde|Stable Horde|Midjourney|DALL[-·.]E|Adobe Firefly|"
    r"Leonardo[ .]?AI|Ideogram|Bing Image Creator|NightCafe|Craiyon|Playground AI|Recraft|Krea AI|"
    r"Tensor\.?Art|SeaArt|Civitai)(?![a-z])",
    re.IGNORECASE,
)
_CREATOR_TOOL = re.compile(r"CreatorTool\s*(?:=\s*[\"']|>)\s*([^<\"']{2,80})")
_CREDIT = re.compile(r"\b(?:Made|Created|Edited|Generated) with Google AI\b")
_MIDJOURNEY = re.compile(r"\bJob ID:\s*[0-9a-f]{8}-[0-9a-f]{4}-", re.IGNORECASE)
_STEPS, _SEED = re.compile(r"\bSteps:\s*\d"), re.compile(r"\bSeed:\s*-?\d")
_GRAPH = re.compile(r'\s*\{\s*(?:"[^"]{0,80}"\s*:\s*[{\[]|\})')
_NAMED_GRAPH = re.compile(r"\s*(prompt|workflow)\s*:\s*\{", re.IGNORECASE)
_SYSTEM_USED = re.compile(r"AISystemUsed\s*(?:=\s*[\"']|>)\s*([^<\"']{2,80})")
_PROMPT_INFORMATION = re.compile(r"AIPrompt(?:Information|WriterName)\b")
_JSON_KEYS: Mapping[str, re.Pattern[str]] = {
    "SwarmUI": re.compile(r'"sui_image_params"\s*:'),
    "Fooocus": re.compile(r'"(?:adm_guidance|fooocus_scheme)"\s*:|"metadata_scheme"\s*:\s*"fooocus"|"Fooocus v\d'),
    "InvokeAI": re.compile(
        r'"(?:invokeai_metadata|app_version"\s*:\s*"\d|generation_mode"\s*:\s*"(?:txt2img|img2img))'
    ),
    "ComfyUI": re.compile(r'"class_type"\s*:|"last_node_id"\s*:|"(?:extra_)?pnginfo"\s*:'),
    "Easy Diffusion": re.compile(r'"use_stable_diffusion_model"\s*:'),
    "Draw Things": re.compile(
        r'"c"\s*:\s*"(?s:.){0,20000}"sampler"\s*:(?s:.){0,2000}"seed"\s*:|"profile"\s*:.{0,40}"drawthings'
    ),
    UNKNOWN: re.compile(
        r'"sampler(?:_name)?"\s*:(?s:.){0,20000}"seed"\s*:|"seed"\s*:(?s:.){0,20000}"sampler(?:_name)?"\s*:|'
        r'"negative_?prompt"\s*:(?s:.){0,20000}"(?:seed|steps|guidance_scale)"\s*:|"uc"\s*:(?s:.){0,20000}"sampler"\s*:'
    ),
}
_AIGC = re.compile(r"""["']?AIGC["']?\s*[:=>]\s*["']?\s*\{?\s*(?:[^}]{0,200})?["']?Label["']?\s*[:=]\s*["']?\s*[123]""")

# Keywords of PNG text that only these programs write; a value of None: the text must prove it.
_KEYWORDS: Mapping[str, str | None] = {
    "invokeai_metadata": "InvokeAI",
    "invokeai_workflow": "InvokeAI",
    "invokeai_graph": "InvokeAI",
    "sd-metadata": "InvokeAI",
    "dream": "InvokeAI",
    "fooocus_scheme": "Fooocus",
    "sui_image_params": "SwarmUI",
    "use_stable_diffusion_model": "Easy Diffusion",
    "generation_data": None,
    "negative_prompt": UNKNOWN,
    "negative prompt": UNKNOWN,
    "sd_metadata": UNKNOWN,
    "prompt": None,
    "workflow": None,
    "parameters": None,
}


def read_sign(field: TextField) -> Sign:
    """Return what a text tells about a generative model; an empty sign for any other text."""
    key, text = field.key.lower(), field.text
    if field.source == "PNG text" and key in _KEYWORDS:
        return _keyword_sign(key, field)
    if field.source == "XMP":
        return _xmp_sign(text)
    if key in ("software", "make", "model", "source", "artist") and (match := _SOFTWARE.match(text)):
        return Sign(tool=match["tool"])
    if key == "credit" and _CREDIT.search(text):
        return Sign(tool="Google AI")
    return _text_sign(text)


def _keyword_sign(key: str, field: TextField) -> Sign:
    """Judge a text by its keyword: a broken or unknown graph still counts."""
    text, tool = field.text, _KEYWORDS[key]
    found = _text_sign(text)
    if found.tool is not None:
        return Sign(tool=found.tool if tool is None else tool, is_prompt=True)
    if tool is not None:
        return Sign(tool=tool, is_prompt=True)
    if key == "prompt" and text.strip("\0 \t\r\n"):
        return Sign(tool="ComfyUI" if _GRAPH.match(text) else UNKNOWN, is_prompt=True)
    if key == "workflow" and _GRAPH.match(text) and ('"nodes"' in text or '"links"' in text or '"class_type"' in text):
        return Sign(tool="ComfyUI", is_prompt=True)
    if key == "generation_data" and text.lstrip().startswith("{"):
        return Sign(tool=UNKNOWN, is_prompt=True)
    return Sign(is_prompt=not field.whole)  # too long to be inspected


def _text_sign(text: str) -> Sign:
    """Judge a text by what is in it, whatever its name."""
    if _STEPS.search(text) and _SEED.search(text):
        return Sign(tool=A1111, is_prompt=True)
    if "{" in text:
        for tool, pattern in _JSON_KEYS.items():
            if pattern.search(text):
                return Sign(tool=tool, is_prompt=True)
        if _NAMED_GRAPH.match(text):
            return Sign(tool="ComfyUI", is_prompt=True)
    if _MIDJOURNEY.search(text):
        return Sign(tool="Midjourney", is_prompt=True)
    if "AIGC" in text and _AIGC.search(text):
        return Sign(tool=UNKNOWN)
    return Sign()


def _xmp_sign(xmp: str) -> Sign:
    checks: tuple[Callable[[str], Sign], ...] = (_text_sign, _creator_tool_sign)
    found = next((sign for check in checks if (sign := check(xmp)).tool is not None), Sign())
    if _PROMPT_INFORMATION.search(xmp):
        return Sign(tool=found.tool or UNKNOWN, is_prompt=True)
    return found


def _creator_tool_sign(xmp: str) -> Sign:
    match = _CREATOR_TOOL.search(xmp)
    if match is not None and (tool := _SOFTWARE.match(match[1])):
        return Sign(tool=tool["tool"])
    if (system := _SYSTEM_USED.search(xmp)) is not None:
        return Sign(tool=system[1].strip())
    return Sign(tool="Google AI") if _CREDIT.search(xmp) else Sign()
