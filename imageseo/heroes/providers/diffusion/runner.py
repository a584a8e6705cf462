"""From recipes to masters: loads, adapts, draws, checks and describes, a batch at a time."""

from __future__ import annotations

import io
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from threading import Event
from typing import TYPE_CHECKING, Any

from imageseo.heroes.providers.diffusion import (
    generation_metadata,
    inference,
    model_checks,
    options,
    pipelines,
    prompt_embeddings,
    schedulers,
    tasks,
)
from imageseo.heroes.providers.diffusion.model_files import Files
from imageseo.heroes.providers.diffusion.options import RecipeOptions
from imageseo.heroes.providers.diffusion.prefetch import Stopped, prefetched
from imageseo.model.errors import ImageseoError, RecipeError
from imageseo.model.hero import Master, Recipe
from imageseo.model.protocols import Progress

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A picture or what is wrong with it, and what made it. ``sampler``: its names, as A1111 has them."""

    recipe: Recipe
    picture: Image | ImageseoError
    notes: tuple[str, ...]
    models: Mapping[str, str]
    env: Mapping[str, Any]
    sampler: tuple[str, str]


@dataclass(slots=True, kw_only=True)
class DiffusionRunner:
    """Where pictures of one project are made. What was drawn ahead of its turn waits in ``drawn``.

    ``device``, ``repro``, ``threads``, ``batch``: settings of the provider.
    """

    files: Files
    device: str = "auto"
    repro: bool = True
    threads: int = 2
    batch: int = 4
    progress: Progress | None = None
    drawn: dict[str, Drawn] = field(default_factory=dict)
    remembered: OrderedDict[tuple[Any, ...], Any] = field(default_factory=OrderedDict)
    cramped: set[str] = field(default_factory=set)

    def models(self, recipe: Recipe) -> Mapping[str, str]:
        """``Master.models`` of a recipe, after a look at what would be loaded; raises ProviderError."""
        return self._models(options.read(recipe.options))

    def _models(self, asked: RecipeOptions) -> Mapping[str, str]:
        for key, name in (("model", asked.model), *((("refiner", asked.refiner.model),) if asked.refiner else ())):
            model_checks.check_model(self.files.folder(key, name), key)
        return generation_metadata.models(asked, self.files)

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[tuple[Recipe, Master]]:
        """One master a recipe, in order, as soon as it is made; raises ProviderError for one that cannot be.

        Outside repro mode those that share all but words and seed are drawn together, up to ``batch`` at a time.
        A thread draws ahead while a master is packed and its taker busy: what it drew in vain waits for the next call.
        """
        todo = list(recipes)
        asked = Counter(recipe.key for recipe in todo)

        # Here and not in the thread: what waits from the last call may be taken before the thread has begun.
        done = set(self.drawn)

        def batches(stop: Event) -> Iterator[Mapping[str, Drawn]]:
            for number, recipe in enumerate(todo):
                if recipe.key not in done:
                    found = self._batch(recipe, [each for each in todo[number + 1 :] if each.key not in done], stop)
                    done.update(found)
                    yield found

        with prefetched(batches, self.drawn.update) as work:
            for recipe in todo:
                while recipe.key not in self.drawn:
                    self.drawn.update(work.take() or {})
                drawn = self.drawn[recipe.key]
                asked[recipe.key] -= 1
                if not asked[recipe.key]:
                    del self.drawn[recipe.key]
                yield recipe, self._master(drawn)

    def _batch(self, recipe: Recipe, later: Sequence[Recipe], stop: Event) -> Mapping[str, Drawn]:
        """Draw a recipe, and of the later ones those that can be drawn with it."""
        asked = options.read(recipe.options)
        models = self._models(asked)
        pipelines.ready(offline=self.files.offline)
        machine = pipelines.machine(self.device, repro=self.repro, threads=self.threads, batch=self.batch)
        mates, alike = {recipe.key: recipe}, _alike(recipe, asked)
        try:
            if machine.batch > 1 and alike is not None and alike not in self.cramped:
                fellows = [each for each in later if _alike(each, None) == alike]
                mates |= self._mates(asked, recipe, fellows, models, machine)
            drawn, used, sampler = self._drawn(asked, list(mates.values()), models, machine, stop)
        except (MemoryError, RuntimeError) as error:  # while models and adapters were loaded
            if not pipelines.is_full(error):
                raise
            raise pipelines.full((recipe.width, recipe.height)) from error
        if drawn.tiled and alike is not None:
            self.cramped.add(alike)
        batch = 1 if drawn.tiled else len(mates)
        env = generation_metadata.env(used, machine, asked, dtype=machine.dtype(asked.dtype), batch=batch, drawn=drawn)
        return {
            key: Drawn(recipe=mates[key], picture=picture, notes=drawn.notes, models=models, env=env, sampler=sampler)
            for key, picture in zip(mates, drawn.pictures, strict=True)
        }

    def _mates(
        self,
        asked: RecipeOptions,
        recipe: Recipe,
        fellows: Sequence[Recipe],
        models: Mapping[str, str],
        machine: pipelines.Machine,
    ) -> dict[str, Recipe]:
        """Those of the recipes alike, as many as a batch takes, whose prompts do not change each other's pictures."""
        pipe = self._pipe("model", asked.model, models["model"], machine.dtype(asked.dtype), machine)

        def company(each: Recipe) -> str | None:
            return prompt_embeddings.company(
                pipe, str(each.options["prompt"]), asked.negative, taught=bool(asked.embeddings)
            )

        mine, mates = company(recipe), {recipe.key: recipe}
        for each in fellows:
            if len(mates) < machine.batch and mine is not None and company(each) == mine:
                mates[each.key] = each
        return mates

    def _drawn(
        self,
        asked: RecipeOptions,
        recipes: Sequence[Recipe],
        models: Mapping[str, str],
        machine: pipelines.Machine,
        stop: Event,
    ) -> tuple[inference.Drawn, Any, tuple[str, str]]:
        """The pictures, the pipeline that made them and its sampler."""
        dtype, size = machine.dtype(asked.dtype), (recipes[0].width, recipes[0].height)
        with ExitStack() as stack:
            stack.enter_context(pipelines.steady(machine))
            pipe = self._pipe("model", asked.model, models["model"], dtype, machine)
            pipelines.check_size(pipe, *size)
            stack.enter_context(_scheduled(pipe, asked.scheduler))
            given = dict(stack.enter_context(_adapted(pipe, asked, self.files)))
            called, more = tasks.call(pipe, asked, self.files, size)
            refiner = None
            if asked.refiner is not None:
                refiner = self._pipe(
                    "refiner", asked.refiner.model, models["refiner"], dtype, machine, task="Image2Image"
                )
                stack.enter_context(_scheduled(refiner, asked.scheduler))
                stack.enter_context(prompt_embeddings.remembered(refiner, self.remembered, models["refiner"]))
            # In the recipe's order: it pairs weights with LoRAs, and numbers the words that embeddings teach.
            adapted = repr([each for each in models.items() if each[0].startswith(("lora:", "embedding:"))])
            adapted += repr([lora.weight for lora in asked.loras]) + models["model"] + dtype
            stack.enter_context(prompt_embeddings.remembered(pipe, self.remembered, adapted))
            job = inference.Job(
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
            with self._task(asked, recipes, stop) as on_step:
                drawn = inference.draw(job, prompts, seeds, on_step)
            # Here, for the scheduler is taken off again.
            return drawn, called, generation_metadata.sampler(asked.scheduler, called.scheduler)

    def _pipe(
        self, key: str, name: str, digest: str, dtype: str, machine: pipelines.Machine, *, task: str = "Text2Image"
    ) -> Any:
        return pipelines.load(
            self.files.folder(key, name), key, digest=digest, dtype=dtype, device=machine.device, task=task
        )

    @contextmanager
    def _task(self, asked: RecipeOptions, recipes: Sequence[Recipe], stop: Event) -> Iterator[inference.OnStep]:
        """Shows the steps of a picture, or of a batch of them; a picture that starts from another takes fewer.

        A step raises Stopped when nobody waits for the picture any more.
        """
        many = f"{len(recipes)} pictures" if len(recipes) > 1 else f"seed {recipes[0].seed}"
        title = f"{recipes[0].width}x{recipes[0].height}, {many}"
        done = 0
        with self.progress.task(title, asked.steps) if self.progress else nullcontext() as step:

            def on_step() -> None:
                nonlocal done
                if stop.is_set():
                    raise Stopped
                done += 1
                if step is not None and done <= asked.steps:
                    step.advance()

            yield on_step
            if step is not None:
                step.advance(max(0, asked.steps - done))

    def _master(self, drawn: Drawn) -> Master:
        """What was drawn, finished, packed and described. Raises ProviderError for what is no picture."""
        if isinstance(drawn.picture, ImageseoError):
            raise drawn.picture
        recipe, asked = drawn.recipe, options.read(drawn.recipe.options)
        picture = tasks.finished(drawn.picture, asked, self.files, (recipe.width, recipe.height))
        if asked.upscale is not None:
            picture = import_module("imageseo.heroes.providers.diffusion.upscaler").enlarged(picture, asked, self.files)
        return Master(
            png=_png(picture),
            digital_source_type=tasks.source_type(asked),
            notes=drawn.notes,
            env=drawn.env,
            models=drawn.models,
            parameters=generation_metadata.parameters(recipe, asked, drawn.models, drawn.sampler),
        )


def _alike(recipe: Recipe, asked: RecipeOptions | None) -> str | None:
    """What recipes have in common that can be drawn together; None for those that stand alone.

    A picture to start from or to be like is prepared for one.
    """
    try:
        asked = asked or options.read(recipe.options)
    except RecipeError:  # it will be said in that recipe's own turn
        return None
    if asked.image is not None or asked.control is not None or asked.ip_adapter is not None:
        return None
    common = {key: value for key, value in recipe.options.items() if key != "prompt"}
    return Recipe(provider=recipe.provider, seed=0, width=recipe.width, height=recipe.height, options=common).key


def _adapted(pipe: Any, asked: RecipeOptions, files: Files) -> AbstractContextManager[Mapping[str, Any]]:
    if not (asked.loras or asked.embeddings or asked.vae or asked.ip_adapter):
        return nullcontext({})
    adapters = import_module("imageseo.heroes.providers.diffusion.adapters")
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
