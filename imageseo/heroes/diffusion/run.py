"""From recipes to masters: loads, adapts, draws, checks and describes, a batch at a time."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from imageseo.errors import ImageseoError
from imageseo.heroes.diffusion import draw, embed, options, pipes, said, schedulers, shapes, sound
from imageseo.heroes.diffusion.models import Files
from imageseo.heroes.diffusion.options import RecipeOptions
from imageseo.model.hero import Master, Recipe
from imageseo.ports import Progress

if TYPE_CHECKING:
    from PIL.Image import Image

# What adapters.py, shapes.py and upscale.py give:
#
# adapters.attached(pipe, options, files) -> AbstractContextManager[Mapping[str, Any]]
#     Attaches LoRAs, textual inversions, VAE and IP-Adapter; yields extra call arguments (`ip_adapter_image`);
#     takes everything off again at the end, so that the pipeline is as before, also after an exception.
# shapes.call(pipe, options, files, size) -> tuple[pipeline, Mapping[str, Any]]
#     The pipeline to call (text-to-image: `pipe` itself; else from_pipe, sharing its weights), with its arguments.
# shapes.finished(picture, options, files, size) -> PIL.Image.Image
#     The picture with what was to be kept of the author's own.
# upscale.enlarged(image, options, files) -> PIL.Image.Image
#     The finished picture `options.upscale.scale` times as large.


@dataclass(slots=True, kw_only=True)
class Studio:
    """Where pictures of one project are made. What a batch made ahead of its turn waits in ``made``.

    ``device``, ``repro``, ``threads``, ``batch``: settings of the provider.
    """

    files: Files
    device: str = "auto"
    repro: bool = True
    threads: int = 2
    batch: int = 4
    progress: Progress | None = None
    made: dict[str, Master | ImageseoError] = field(default_factory=dict)
    remembered: OrderedDict[tuple[Any, ...], Any] = field(default_factory=OrderedDict)
    cramped: set[str] = field(default_factory=set)

    def models(self, recipe: Recipe) -> Mapping[str, str]:
        """``Master.models`` of a recipe, after a look at what would be loaded; raises ProviderError."""
        return self._models(options.read(recipe.options))

    def _models(self, asked: RecipeOptions) -> Mapping[str, str]:
        for key, name in (("model", asked.model), *((("refiner", asked.refiner.model),) if asked.refiner else ())):
            sound.check_model(self.files.folder(key, name), key)
        return said.models(asked, self.files)

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[tuple[Recipe, Master]]:
        """One master a recipe, in order, as soon as it is made; raises ProviderError for one that cannot be.

        Outside repro mode those that share all but words and seed are drawn together, up to ``batch`` at a time.
        """
        todo = list(recipes)
        for number, recipe in enumerate(todo):
            if recipe.key not in self.made:
                self.made |= self._batch(recipe, todo[number + 1 :])
            outcome = self.made.pop(recipe.key)
            if isinstance(outcome, ImageseoError):
                raise outcome
            yield recipe, outcome

    def _batch(self, recipe: Recipe, later: Sequence[Recipe]) -> Mapping[str, Master | ImageseoError]:
        """Draw a recipe, and of the later ones those that can be drawn with it."""
        asked = options.read(recipe.options)
        models = self._models(asked)
        pipes.ready(offline=self.files.offline)
        machine = pipes.machine(self.device, repro=self.repro, threads=self.threads, batch=self.batch)
        mates = {recipe.key: recipe}
        alike = _alike(recipe, asked)
        if alike is not None and alike not in self.cramped:
            for each in later:
                if len(mates) < machine.batch and each.key not in self.made and _alike(each, None) == alike:
                    mates[each.key] = each
        drawn, scheduler, used = self._drawn(asked, list(mates.values()), models, machine)
        if drawn.tiled and alike is not None:
            self.cramped.add(alike)
        env = said.env(
            used,
            machine,
            dtype=machine.dtype(asked.dtype),
            batch=1 if drawn.tiled else len(mates),
            tiled=drawn.tiled,
        )
        found: dict[str, Master | ImageseoError] = {}
        for key, picture in zip(mates, drawn.pictures, strict=True):
            if isinstance(picture, ImageseoError):
                found[key] = picture
                continue
            own = options.read(mates[key].options)
            found[key] = self._master(mates[key], own, picture, drawn.notes, models, env, scheduler)
        return found

    def _drawn(
        self, asked: RecipeOptions, recipes: Sequence[Recipe], models: Mapping[str, str], machine: pipes.Machine
    ) -> tuple[draw.Drawn, Any, Any]:
        """The pictures, the scheduler and the pipeline that made them."""
        dtype, size = machine.dtype(asked.dtype), (recipes[0].width, recipes[0].height)
        with ExitStack() as stack:
            stack.enter_context(pipes.steady(machine))
            pipe = self._pipe("model", asked.model, models["model"], dtype, machine)
            pipes.check_size(pipe, *size)
            stack.enter_context(_scheduled(pipe, asked.scheduler))
            given = dict(stack.enter_context(_adapted(pipe, asked, self.files)))
            called, more = shapes.call(pipe, asked, self.files, size)
            refiner = None
            if asked.refiner is not None:
                refiner = self._pipe(
                    "refiner", asked.refiner.model, models["refiner"], dtype, machine, task="Image2Image"
                )
                stack.enter_context(_scheduled(refiner, asked.scheduler))
                stack.enter_context(embed.remembered(refiner, self.remembered, models["refiner"]))
            adapted = repr(sorted(each for each in models.items() if each[0].startswith(("lora:", "embedding:"))))
            adapted += repr([lora.weight for lora in asked.loras]) + models["model"] + dtype
            stack.enter_context(embed.remembered(pipe, self.remembered, adapted))
            job = draw.Job(
                pipe=called,
                size=size,
                steps=asked.steps,
                guidance=asked.guidance,
                negative=asked.negative,
                refiner=refiner,
                start=asked.refiner.start if asked.refiner is not None else 1.0,
                given={**given, **more},
            )
            seeds = [recipe.seed for recipe in recipes]
            prompts = [str(recipe.options["prompt"]) for recipe in recipes]
            with self._task(asked, recipes) as on_step:
                drawn = draw.draw(job, prompts, seeds, on_step)
            return drawn, called.scheduler, called

    def _pipe(
        self, key: str, name: str, digest: str, dtype: str, machine: pipes.Machine, *, task: str = "Text2Image"
    ) -> Any:
        return pipes.load(
            self.files.folder(key, name), key, digest=digest, dtype=dtype, device=machine.device, task=task
        )

    @contextmanager
    def _task(self, asked: RecipeOptions, recipes: Sequence[Recipe]) -> Iterator[draw.OnStep]:
        """Shows the steps of a picture, or of a batch of them; a picture that starts from another takes fewer."""
        if self.progress is None:
            yield lambda: None
            return
        many = f"{len(recipes)} pictures" if len(recipes) > 1 else f"seed {recipes[0].seed}"
        done = 0
        with self.progress.task(f"{recipes[0].width}x{recipes[0].height}, {many}", asked.steps) as step:

            def on_step() -> None:
                nonlocal done
                done += 1
                if done <= asked.steps:
                    step.advance()

            yield on_step
            step.advance(max(0, asked.steps - done))

    def _master(
        self,
        recipe: Recipe,
        asked: RecipeOptions,
        picture: Image,
        notes: tuple[str, ...],
        models: Mapping[str, str],
        env: Mapping[str, Any],
        scheduler: Any,
    ) -> Master:
        picture = shapes.finished(picture, asked, self.files, (recipe.width, recipe.height))
        if asked.upscale is not None:
            picture = import_module("imageseo.heroes.diffusion.upscale").enlarged(picture, asked, self.files)
        return Master(
            png=_png(picture),
            digital_source_type=shapes.source_type(asked),
            notes=notes,
            env=env,
            models=models,
            parameters=said.parameters(recipe, asked, models, scheduler),
        )


def _alike(recipe: Recipe, asked: RecipeOptions | None) -> str | None:
    """What recipes have in common that can be drawn together; None for those that stand alone.

    A picture to start from or to be like is prepared for one.
    """
    asked = asked or options.read(recipe.options)
    if asked.image is not None or asked.control is not None or asked.ip_adapter is not None:
        return None
    common = {key: value for key, value in recipe.options.items() if key != "prompt"}
    return Recipe(provider=recipe.provider, seed=0, width=recipe.width, height=recipe.height, options=common).key


def _adapted(pipe: Any, asked: RecipeOptions, files: Files) -> AbstractContextManager[Mapping[str, Any]]:
    if not (asked.loras or asked.embeddings or asked.vae or asked.ip_adapter):
        return nullcontext({})
    adapters = import_module("imageseo.heroes.diffusion.adapters")
    attached: AbstractContextManager[Mapping[str, Any]] = adapters.attached(pipe, asked, files)
    return attached


@contextmanager
def _scheduled(pipe: Any, name: str) -> Iterator[None]:
    """The pipeline with a new scheduler of that name; afterwards with the one that it came with."""
    own = pipe.scheduler
    pipe.scheduler = schedulers.scheduler(name, pipe)
    try:
        yield
    finally:
        pipe.scheduler = own


def _png(picture: Image) -> bytes:
    """Lossless, and equal bytes for equal pixels."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
