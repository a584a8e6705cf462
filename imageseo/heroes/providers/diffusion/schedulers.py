"""Diffusion schedulers by their common names: `DPM++ 2M Karras`, `Euler a`, `UniPC` …"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from imageseo.model.errors import ProviderError, RecipeError
from imageseo.model.suggest import closest

DEFAULT = "default"
"""The scheduler of the model folder, unchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampler:
    """A scheduler of diffusers. ``title``: its name in A1111. ``flow``: its class for flow matching, or ``""``.

    ``sigmas``: whether it supports Karras and other step spacings. ``approximate``: the sampler of A1111 that it comes
    close to: the method or the noise is another one.
    """

    title: str
    class_name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    flow: str = ""
    sigmas: bool = False
    approximate: str = ""


_DPM = "DPMSolverMultistepScheduler"
_DPM_SINGLE = "DPMSolverSinglestepScheduler"
_SDE = {"algorithm_type": "sde-dpmsolver++"}
_FLOW_EULER = "FlowMatchEulerDiscreteScheduler"
_SAMPLERS = {
    "euler": Sampler(title="Euler", class_name="EulerDiscreteScheduler", flow=_FLOW_EULER, sigmas=True),
    "euler a": Sampler(title="Euler a", class_name="EulerAncestralDiscreteScheduler"),
    "heun": Sampler(
        title="Heun", class_name="HeunDiscreteScheduler", flow="FlowMatchHeunDiscreteScheduler", sigmas=True
    ),
    "lms": Sampler(title="LMS", class_name="LMSDiscreteScheduler", sigmas=True),
    "ddim": Sampler(title="DDIM", class_name="DDIMScheduler"),
    "ddpm": Sampler(title="DDPM", class_name="DDPMScheduler"),
    "pndm": Sampler(title="PLMS", class_name="PNDMScheduler"),
    "deis": Sampler(title="DEIS", class_name="DEISMultistepScheduler", sigmas=True),
    "unipc": Sampler(title="UniPC", class_name="UniPCMultistepScheduler", flow="UniPCMultistepScheduler", sigmas=True),
    "lcm": Sampler(title="LCM", class_name="LCMScheduler"),
    "dpm2": Sampler(title="DPM2", class_name="KDPM2DiscreteScheduler", sigmas=True),
    "dpm2 a": Sampler(title="DPM2 a", class_name="KDPM2AncestralDiscreteScheduler", sigmas=True),
    "dpm++ 2m": Sampler(
        title="DPM++ 2M", class_name=_DPM, options={"algorithm_type": "dpmsolver++"}, flow=_DPM, sigmas=True
    ),
    "dpm++ 2m sde": Sampler(
        title="DPM++ 2M SDE", class_name=_DPM, options=_SDE, sigmas=True, approximate="DPM++ 2M SDE"
    ),
    "dpm++ 3m": Sampler(
        title="DPM++ 3M",
        class_name=_DPM,
        options={"algorithm_type": "dpmsolver++", "solver_order": 3},
        flow=_DPM,
        sigmas=True,
    ),
    "dpm++ 2s": Sampler(title="DPM++ 2S", class_name=_DPM_SINGLE, sigmas=True, approximate="DPM++ 2S a"),
    "dpm++ sde": Sampler(title="DPM++ SDE", class_name=_DPM_SINGLE, options=_SDE, sigmas=True, approximate="DPM++ SDE"),
    "dpm++ 3m sde": Sampler(
        title="DPM++ 3M SDE",
        class_name=_DPM,
        options={**_SDE, "solver_order": 3},
        sigmas=True,
        approximate="DPM++ 3M SDE",
    ),
    "tcd": Sampler(title="TCD", class_name="TCDScheduler"),
}
_SPACINGS = {
    "karras": ("Karras", "use_karras_sigmas"),
    "exponential": ("Exponential", "use_exponential_sigmas"),
    "beta": ("Beta", "use_beta_sigmas"),
}
# Reduced to letters, digits and +, so that `DPM++ 2M Karras`, `dpmpp_2m_karras` and `dpm++2mkarras` are equal.
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


def canonical_name(name: Any) -> str:
    """Return ``dpm++ 2m karras`` for ``DPM++ 2M Karras``, ``dpmpp_2m_karras`` …; RecipeError for an unknown name."""
    if not isinstance(name, str):
        raise RecipeError(f"expected the name of a scheduler, found {name!r}", hint="such as `dpm++ 2m karras`")
    folded = _fold(name)
    if folded in (DEFAULT, "model"):
        return DEFAULT
    spacing = next((each for each in _SPACINGS if folded.endswith(each) and folded != each), "")
    short = folded.removesuffix(spacing) if spacing else folded.removesuffix("normal") or folded
    found = _BY_FOLDED.get(short)
    if found is None:
        close = closest(folded, [*_BY_FOLDED, DEFAULT])
        suggestion = _BY_FOLDED.get(close, close) if close else ""
        hint = (
            f"did you mean {suggestion!r}?"
            if suggestion
            else f"known: {', '.join(_SAMPLERS)}; optionally followed by {', '.join(_SPACINGS)}"
        )
        raise RecipeError(f"unknown scheduler {name!r}", hint=hint)
    if spacing and not _SAMPLERS[found].sigmas:
        raise RecipeError(f"{found!r} does not support {spacing} steps", hint=f"use `{found}`, or `dpm++ 2m {spacing}`")
    return f"{found} {spacing}".strip()


def a1111_names(name: str) -> tuple[str, str]:
    """Return A1111's names of sampler and schedule type: ``("DPM++ 2M", "Karras")``; the second may be empty."""
    sampler, spacing = _split_name(name)
    return _SAMPLERS[sampler].title, _SPACINGS[spacing][0] if spacing else ""


def note(name: str) -> str:
    """Return a note if A1111 draws other images with the sampler of a canonical name; "" for one that is equal."""
    sampler = _SAMPLERS.get(_split_name(name)[0])
    if sampler is None or not sampler.approximate:
        return ""
    return f"`scheduler`: {name} is approximate: A1111 draws another image with {sampler.approximate} and the same seed"


def describe(scheduler: Any) -> str:
    """Return class and all settings of a scheduler, as evidence."""
    config = {key: value for key, value in scheduler.config.items() if not key.startswith("_")}
    return f"{type(scheduler).__name__} {json.dumps(config, sort_keys=True, default=str)}"


def create_scheduler(name: str, pipeline: Any) -> Any:
    """Create a scheduler by its canonical name, configured like the original one of the diffusion pipeline.

    Raises ProviderError if it does not fit how the model was trained.
    """
    import diffusers

    original = pipeline.scheduler
    if name == DEFAULT:
        return type(original).from_config(original.config)
    sampler, spacing = _split_name(name)
    sampler_entry = _SAMPLERS[sampler]
    options = dict(sampler_entry.options)
    if spacing:
        options[_SPACINGS[spacing][1]] = True
    class_name = sampler_entry.class_name
    if is_flow_matching(original):
        _check_flow(name, type(pipeline).__name__)
        class_name = sampler_entry.flow
        if not class_name.startswith("FlowMatch"):
            shift = original.config.get("shift", original.config.get("flow_shift", 1.0))
            options |= {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": shift}
    for key in ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"):
        options.setdefault(key, False)
    scheduler_class = getattr(diffusers, class_name)
    initializer = (
        scheduler_class.__init__.__wrapped__
        if hasattr(scheduler_class.__init__, "__wrapped__")
        else scheduler_class.__init__
    )
    names = initializer.__code__.co_varnames[: initializer.__code__.co_argcount]
    return scheduler_class.from_config(
        original.config, **{key: value for key, value in options.items() if key in names}
    )


@contextmanager
def use(pipe: Any, name: str) -> Iterator[None]:
    """Use a new scheduler of that canonical name in the pipeline; restore the original one on exit."""
    original = pipe.scheduler
    pipe.scheduler = create_scheduler(name, pipe)
    try:
        yield
    finally:
        pipe.scheduler = original


def check_fit(name: str, config: Mapping[str, Any], pipeline: str) -> None:
    """Raise ProviderError if a scheduler does not fit a model. ``config``: of the model's own one."""
    class_name = str(config.get("_class_name", ""))
    if name != DEFAULT and _is_flow_config(class_name, config):
        _check_flow(name, pipeline)


def _check_flow(name: str, pipeline: str) -> None:
    sampler, spacing = _split_name(name)
    flow = _SAMPLERS[sampler].flow
    # Karras and the others assume another training method; only the Euler scheduler for flow matching has its own
    # versions of them.
    if not flow or (spacing and flow != _FLOW_EULER) or (sampler == "heun" and _passes_sigmas(pipeline)):
        raise _mismatch_error(name, pipeline)


def is_flow_matching(scheduler: Any) -> bool:
    """Whether a scheduler belongs to a flow-matching model (SD3, Flux)."""
    return _is_flow_config(type(scheduler).__name__, scheduler.config)


def _is_flow_config(class_name: str, config: Mapping[str, Any]) -> bool:
    return class_name.startswith("FlowMatch") or config.get("prediction_type") == "flow_prediction"


def _passes_sigmas(pipeline: str) -> bool:
    return pipeline.startswith("Flux")


def _mismatch_error(name: str, pipeline: str) -> ProviderError:
    class_name = pipeline.removesuffix("Pipeline")
    known = ["default", *(each for each, sampler in _SAMPLERS.items() if sampler.flow)]
    if _passes_sigmas(pipeline):
        known.remove("heun")
    return ProviderError(
        f"`scheduler`: {name!r} does not fit {class_name}, which was trained by flow matching",
        hint=f"use one of: {', '.join(known)}",
    )


def _split_name(name: str) -> tuple[str, str]:
    spacing = next((each for each in _SPACINGS if name.endswith(f" {each}")), "")
    return name.removesuffix(f" {spacing}") if spacing else name, spacing


def _fold(name: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", name.lower().replace("dpmpp", "dpm++").replace("ancestral", "a"))


_BY_FOLDED = {_fold(name): name for name in _SAMPLERS} | {_fold(name): to for name, to in _ALIASES.items()}
