"""Read a table of options and collect all faults, each with key, found and expected value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from imageseo.model.errors import RecipeError
from imageseo.model.suggest import closest

# Names of the same options in other tools.
_SYNONYMS = {
    "negative_prompt": "negative",
    "num_inference_steps": "steps",
    "cfg": "guidance",
    "cfg_scale": "guidance",
    "guidance_scale": "guidance",
    "sampler": "scheduler",
    "sampler_name": "scheduler",
    "torch_dtype": "dtype",
    "checkpoint": "model",
    "lora": "loras",
    "controlnet": "control",
    "denoising_strength": "strength",
    "init_image": "image",
    "textual_inversion": "embeddings",
}

REQUIRED: Any = object()
"""Default of a required value."""


@dataclass(slots=True)
class OptionReader:
    """Reads one table of options; faults are collected and raised by ``raise_faults``."""

    values: Any
    location: str
    keys: tuple[str, ...]
    faults: list[RecipeError] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not isinstance(self.values, Mapping):
            expected = f"expected a table of {', '.join(self.keys)}"
            raise RecipeError(f"`{self.location}`: {expected}, found {self.values!r}")
        for key in self.values:
            if key not in self.keys:
                suggestion = _SYNONYMS.get(str(key)) if not self.location else None
                suggestion = suggestion or closest(str(key), self.keys)
                hint = f"did you mean {suggestion!r}?" if suggestion else f"known: {', '.join(self.keys)}"
                self.fault(str(key), "diffusers has no such option", hint)

    def fault(self, key: str, problem: str, hint: str = "") -> None:
        self.faults.append(RecipeError(f"`{self.path(key)}`: {problem}", hint=hint))

    def path(self, key: str) -> str:
        return f"{self.location}.{key}" if self.location else key

    def raise_faults(self) -> None:
        if self.faults:
            raise RecipeError.together(self.faults)

    def _value(self, key: str, default: Any, hint: str = "") -> Any:
        value = self.values.get(key)
        if value is not None:
            return value
        if default is REQUIRED:
            self.fault(key, "is missing", hint)
            return None
        return default

    def text(self, key: str, default: Any, *, hint: str = "") -> Any:
        value = self._value(key, default, hint)
        if value is None or (isinstance(value, str) and (value.strip() or value == default)):
            return value if value is None else value.strip()
        self.fault(key, f"expected text, found {value!r}", hint)
        return None

    def number(self, key: str, default: float | None, minimum: float, maximum: float) -> Any:
        value = self._value(key, default)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
            return self.fault(key, f"expected a number from {minimum:g} to {maximum:g}, found {value!r}")
        if not minimum <= value <= maximum:
            return self.fault(key, f"expected a number from {minimum:g} to {maximum:g}, found {value!r}")
        return float(value)

    def integer(self, key: str, default: int, minimum: int, maximum: int) -> Any:
        value = self._value(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
            return self.fault(key, f"expected a whole number from {minimum} to {maximum}, found {value!r}")
        return value

    def flag(self, key: str) -> bool:
        value = self._value(key, False)
        if not isinstance(value, bool):
            self.fault(key, f"expected true or false, found {value!r}")
        return value is True

    def one_of(self, key: str, default: str | None, allowed: tuple[str, ...]) -> Any:
        value = self._value(key, default)
        if value is default:
            return value
        expected = f"{', '.join(allowed[:-1])} or {allowed[-1]}"
        return value if value in allowed else self.fault(key, f"expected {expected}, found {value!r}")

    def parse(self, key: str, read: Callable[[Any], Any], default: Any) -> Any:
        value = self._value(key, default)
        try:
            return default if value is default else read(value)
        except RecipeError as error:
            return self.fault(key, error.message, error.hint)

    def table(self, key: str, read: Callable[[Any, str], Any]) -> Any:
        value = self.values.get(key)
        try:
            return None if value is None or value is False else read(value, self.path(key))
        except RecipeError as error:
            self.faults += error.faults
            return None

    def items(self, key: str, read: Callable[[Any, str], Any]) -> tuple[Any, ...]:
        value = self._value(key, ())
        values = value if isinstance(value, list | tuple) else [value]
        items_read = []
        for number, each in enumerate(values):
            try:
                items_read.append(read(each, f"{self.path(key)}[{number}]"))
            except RecipeError as error:
                self.faults += error.faults
        return tuple(items_read)
