"""Schedulers by the names that people call them: `DPM++ 2M Karras`, `Euler a`, `UniPC` …"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imageseo.model.errors import ProviderError, RecipeError
from imageseo.model.suggest import closest

DEFAULT = "default"
"""The scheduler that lies in the model's folder, as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampler:
    """A scheduler of diffusers. ``title``: what A1111 calls it. ``flow``: its class for flow matching, or ``""``.

    ``sigmas``: whether it can space its steps after Karras and others.
    """

    title: str
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    flow: str = ""
    sigmas: bool = False


_DPM = "DPMSolverMultistepScheduler"
_FLOW_EULER = "FlowMatchEulerDiscreteScheduler"
_SAMPLERS = {
    "euler": Sampler(title="Euler", kind="EulerDiscreteScheduler", flow=_FLOW_EULER, sigmas=True),
    "euler a": Sampler(title="Euler a", kind="EulerAncestralDiscreteScheduler"),
    "heun": Sampler(title="Heun", kind="HeunDiscreteScheduler", flow="FlowMatchHeunDiscreteScheduler", sigmas=True),
    "lms": Sampler(title="LMS", kind="LMSDiscreteScheduler", sigmas=True),
    "ddim": Sampler(title="DDIM", kind="DDIMScheduler"),
    "ddpm": Sampler(title="DDPM", kind="DDPMScheduler"),
    "pndm": Sampler(title="PLMS", kind="PNDMScheduler"),
    "deis": Sampler(title="DEIS", kind="DEISMultistepScheduler", sigmas=True),
    "unipc": Sampler(title="UniPC", kind="UniPCMultistepScheduler", flow="UniPCMultistepScheduler", sigmas=True),
    "lcm": Sampler(title="LCM", kind="LCMScheduler"),
    "dpm2": Sampler(title="DPM2", kind="KDPM2DiscreteScheduler", sigmas=True),
    "dpm2 a": Sampler(title="DPM2 a", kind="KDPM2AncestralDiscreteScheduler", sigmas=True),
    "dpm++ 2m": Sampler(title="DPM++ 2M", kind=_DPM, options={"algorithm_type": "dpmsolver++"}, flow=_DPM, sigmas=True),
    "dpm++ 2m sde": Sampler(
        title="DPM++ 2M SDE", kind=_DPM, options={"algorithm_type": "sde-dpmsolver++"}, sigmas=True
    ),
    "dpm++ 3m": Sampler(
        title="DPM++ 3M",
        kind=_DPM,
        options={"algorithm_type": "dpmsolver++", "solver_order": 3},
        flow=_DPM,
        sigmas=True,
    ),
    "dpm++ 2s": Sampler(title="DPM++ 2S", kind="DPMSolverSinglestepScheduler", sigmas=True),
}
_SPACINGS = {
    "karras": ("Karras", "use_karras_sigmas"),
    "exponential": ("Exponential", "use_exponential_sigmas"),
    "beta": ("Beta", "use_beta_sigmas"),
}
# Letters and digits alone, so that `DPM++ 2M Karras`, `dpmpp_2m_karras` and `dpm++2mkarras` are one name.
_ALIASES = {
    "eulera": "euler a",
    "eulerancestral": "euler a",
    "kdpm2": "dpm2",
    "dpm2ancestral": "dpm2 a",
    "plms": "pndm",
    "dpm++": "dpm++ 2m",
    "dpmsolver++": "dpm++ 2m",
    "dpmsolvermultistep": "dpm++ 2m",
    "dpm++2s a": "dpm++ 2s",
}


def canonical(name: Any) -> str:
    """``dpm++ 2m karras`` for ``DPM++ 2M Karras``, ``dpmpp_2m_karras`` …; RecipeError for a name nobody knows."""
    if not isinstance(name, str):
        raise RecipeError(f"expected the name of a scheduler, found {name!r}", hint="such as `dpm++ 2m karras`")
    plain = _folded(name)
    if plain in (DEFAULT, "model"):
        return DEFAULT
    spacing = next((each for each in _SPACINGS if plain.endswith(each) and plain != each), "")
    short = plain.removesuffix(spacing) if spacing else plain.removesuffix("normal") or plain
    found = _BY_FOLDED.get(short)
    if found is None:
        close = closest(plain, [*_BY_FOLDED, DEFAULT])
        near = _BY_FOLDED.get(close, close) if close else ""
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(_SAMPLERS)}; {', '.join(_SPACINGS)} after it"
        raise RecipeError(f"there is no scheduler {name!r}", hint=hint)
    if spacing and not _SAMPLERS[found].sigmas:
        raise RecipeError(f"{found!r} has no {spacing} steps", hint=f"write `{found}`, or `dpm++ 2m {spacing}`")
    return f"{found} {spacing}".strip()


def titles(name: str) -> tuple[str, str]:
    """What A1111 calls sampler and schedule type: ``("DPM++ 2M", "Karras")``; the second is empty without one."""
    sampler, spacing = _parts(name)
    return _SAMPLERS[sampler].title, _SPACINGS[spacing][0] if spacing else ""


def scheduler(name: str, pipeline: Any) -> Any:
    """A new scheduler of a canonical name for a pipeline of diffusers, by the settings of the one that it came with.

    Raises ProviderError where that one does not fit how the model was trained.
    """
    import diffusers

    own = pipeline.scheduler
    if name == DEFAULT:
        return type(own).from_config(own.config)
    sampler, spacing = _parts(name)
    chosen = _SAMPLERS[sampler]
    more = dict(chosen.options)
    if spacing:
        more[_SPACINGS[spacing][1]] = True
    kind = chosen.kind
    if flows(own):
        # Karras and the others space the noise of another way of training: only flow's own Euler knows them by its own.
        spaced = spacing and chosen.flow != _FLOW_EULER
        if not chosen.flow or spaced or (sampler == "heun" and _gives_sigmas(pipeline)):
            raise _unfit(name, pipeline)
        kind = chosen.flow
        if not kind.startswith("FlowMatch"):
            shift = own.config.get("shift", own.config.get("flow_shift", 1.0))
            more |= {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": shift}
    for key in ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"):
        more.setdefault(key, False)
    found = getattr(diffusers, kind)
    taken = found.__init__.__wrapped__ if hasattr(found.__init__, "__wrapped__") else found.__init__
    names = taken.__code__.co_varnames[: taken.__code__.co_argcount]
    return found.from_config(own.config, **{key: value for key, value in more.items() if key in names})


def flows(own: Any) -> bool:
    """Whether a scheduler belongs to a flow-matching model (SD3, Flux)."""
    return type(own).__name__.startswith("FlowMatch") or own.config.get("prediction_type") == "flow_prediction"


def _gives_sigmas(pipeline: Any) -> bool:
    return type(pipeline).__name__.startswith("Flux")


def _unfit(name: str, pipeline: Any) -> ProviderError:
    kind = type(pipeline).__name__.removesuffix("Pipeline")
    known = ["default", *(each for each, sampler in _SAMPLERS.items() if sampler.flow)]
    if _gives_sigmas(pipeline):
        known.remove("heun")
    return ProviderError(
        f"`scheduler`: {name!r} does not fit {kind}, which was trained by flow matching",
        hint=f"for this model there are: {', '.join(known)}",
    )


def _parts(name: str) -> tuple[str, str]:
    spacing = next((each for each in _SPACINGS if name.endswith(f" {each}")), "")
    return name.removesuffix(f" {spacing}") if spacing else name, spacing


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", name.lower().replace("dpmpp", "dpm++").replace("ancestral", "a"))


_BY_FOLDED = {_folded(name): name for name in _SAMPLERS} | {_folded(name): to for name, to in _ALIASES.items()}
