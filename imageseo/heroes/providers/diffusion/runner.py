"""Make masters from recipes: load models, attach adapters, draw in batches, check the images and describe them."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from importlib import import_module
from threading import Event
from typing import TYPE_CHECKING, Any

from imageseo.heroes.providers.diffusion import (
    adapters,
    generation_metadata,
    inference,
    input_images,
    memory,
    pipelines,
    prompt_embeddings,
    prompts,
    schedulers,
    single_file,
    tasks,
)
from imageseo.heroes.providers.diffusion.adapters import Attached
from imageseo.heroes.providers.diffusion.limits import prompt_length
from imageseo.heroes.providers.diffusion.model_files import ModelFiles
from imageseo.heroes.providers.diffusion.options import read_options
from imageseo.heroes.providers.diffusion.prefetch import prefetch, report_steps
from imageseo.heroes.providers.diffusion.recipe_options import RecipeOptions
from imageseo.model.errors import ImageseoError, RecipeError
from imageseo.model.hero import Master, Recipe
from imageseo.model.progress import Progress

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnImage:
    """An image or an error, and the evidence of how it was made. ``sampler``: its names in A1111."""

    recipe: Recipe
    image: Image | ImageseoError
    notes: tuple[str, ...]
    models: Mapping[str, str]
    env: Mapping[str, Any]
    sampler: tuple[str, str]


@dataclass(slots=True, kw_only=True)
class DiffusionRunner:
    """Draws the images of one project. ``ready``: images that were drawn ahead.

    ``device``, ``repro``, ``threads``, ``batch``, ``strict``, ``memory``: settings of the provider.
    """

    files: ModelFiles
    device: str = "auto"
    repro: bool = True
    threads: int = 2
    batch: int = 4
    strict: bool = False
    memory: str = "auto"
    progress: Progress | None = None
    ready: dict[str, DrawnImage] = field(default_factory=dict)
    embedding_cache: OrderedDict[tuple[Any, ...], Any] = field(default_factory=OrderedDict)
    tiled_keys: set[str] = field(default_factory=set)

    def models(self, recipe: Recipe) -> Mapping[str, str]:
        """Check the models of a recipe and return its ``Master.models``; raises ProviderError."""
        return generation_metadata.hash_models(read_options(recipe.options), self.files)

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[tuple[Recipe, Master]]:
        """Yield one master per recipe, in order, as soon as it is ready; raises ProviderError.

        Outside repro mode, recipes that differ only in prompt and seed are drawn together, up to ``batch`` at a time. A
        thread draws ahead while the caller handles a master; images that are not taken remain for the next call.
        """
        pending = list(recipes)
        remaining = Counter(recipe.key for recipe in pending)

        # Computed before the thread starts: the main thread may take images of the last call first.
        drawn_keys = set(self.ready)

        def draw_batches(stop: Event) -> Iterator[Mapping[str, DrawnImage]]:
            for number, recipe in enumerate(pending):
                if recipe.key not in drawn_keys:
                    new_images = self._batch(
                        recipe, [each for each in pending[number + 1 :] if each.key not in drawn_keys], stop
                    )
                    drawn_keys.update(new_images)
                    yield new_images

        with prefetch(draw_batches, self.ready.update) as prefetcher:
            for recipe in pending:
                while recipe.key not in self.ready:
                    self.ready.update(prefetcher.next_result() or {})
                drawn = self.ready[recipe.key]
                remaining[recipe.key] -= 1
                if not remaining[recipe.key]:
                    del self.ready[recipe.key]
                yield recipe, self._master(drawn)

    def _batch(self, recipe: Recipe, later: Sequence[Recipe], stop: Event) -> Mapping[str, DrawnImage]:
        """Draw a recipe together with suitable later ones."""
        options = read_options(recipe.options)
        models = generation_metadata.hash_models(options, self.files)
        pipelines.import_libraries(offline=self.files.offline)
        memory.check(self.memory, options)
        machine = pipelines.machine(
            self.device, repro=self.repro, threads=self.threads, batch=self.batch, memory=self.memory
        )
        batch, batch_key = {recipe.key: recipe}, _batch_key(recipe, options)
        try:
            if machine.batch > 1 and batch_key is not None and batch_key not in self.tiled_keys:
                similar = [each for each in later if _batch_key(each, None) == batch_key]
                batch |= self._find_batch(options, recipe, similar, models, machine)
            drawn, pipe_used, sampler = self._draw(options, list(batch.values()), models, machine, stop)
        except (MemoryError, RuntimeError) as error:  # raised while loading models and adapters
            if not pipelines.is_out_of_memory(error):
                raise
            raise pipelines.out_of_memory_error((recipe.width, recipe.height)) from error
        if drawn.tiled and batch_key is not None:
            self.tiled_keys.add(batch_key)
        batch_size = 1 if drawn.tiled else len(batch)
        env = generation_metadata.describe_environment(
            pipe_used, machine, options, dtype=machine.dtype(options.dtype), batch=batch_size, result=drawn
        )
        return {
            key: DrawnImage(
                recipe=batch[key], image=image, notes=(*drawn.notes, *notes), models=models, env=env, sampler=sampler
            )
            for key, image, notes in zip(batch, drawn.images, drawn.prompt_notes, strict=True)
        }

    def _find_batch(
        self,
        options: RecipeOptions,
        recipe: Recipe,
        similar: Sequence[Recipe],
        models: Mapping[str, str],
        machine: pipelines.Machine,
    ) -> dict[str, Recipe]:
        """Return recipes for one batch: as many as fit of those whose prompts do not influence each other."""
        pipe = self._pipe(options, models, machine)

        def prompt_key(each: Recipe) -> str | None:
            try:
                text = self._prepare(options, each, pipe)
            except ImageseoError:  # reported when the recipe is processed
                return None
            return prompt_embeddings.batch_key(
                pipe, text.prompt, text.negative, has_embeddings=bool(options.embeddings)
            )

        first_key, batch = prompt_key(recipe), {recipe.key: recipe}
        for each in similar:
            if len(batch) < machine.batch and first_key is not None and prompt_key(each) == first_key:
                batch[each.key] = each
        return batch

    def _prepare(self, options: RecipeOptions, recipe: Recipe, pipe: Any) -> prompts.PreparedPrompts:
        return prompts.prepare(
            options,
            str(recipe.options["prompt"]),
            pipelines.family(pipe),
            lambda: prompt_length.of_pipeline(pipe),
            strict=self.strict,
        )

    def _draw(
        self,
        options: RecipeOptions,
        recipes: Sequence[Recipe],
        models: Mapping[str, str],
        machine: pipelines.Machine,
        stop: Event,
    ) -> tuple[inference.BatchResult, Any, tuple[str, str]]:
        """Return the images, the pipeline that made them and its sampler."""
        dtype, size = machine.dtype(options.dtype), (recipes[0].width, recipes[0].height)
        with ExitStack() as stack:
            stack.enter_context(pipelines.reproducible(machine))
            pipe = self._pipe(options, models, machine)
            pipelines.check_size(pipe, *size)
            texts = [self._prepare(options, recipe, pipe) for recipe in recipes]
            stack.enter_context(schedulers.use(pipe, options.scheduler))
            attached = stack.enter_context(_attach_adapters(pipe, options, self.files))
            task_pipe, task_arguments = tasks.prepare_call(pipe, options, self.files, size)
            refiner = None
            if options.refiner is not None:
                refiner = self._load(
                    single_file.locate(self.files, "refiner", options.refiner.model),
                    "refiner",
                    options,
                    models,
                    machine,
                    task="Image2Image",
                )
                stack.enter_context(schedulers.use(refiner, options.scheduler))
                stack.enter_context(prompt_embeddings.cache_encoders(refiner, self.embedding_cache, models["refiner"]))
            # In the recipe's order: weights are matched to LoRAs, and token numbers to embeddings, by order.
            adapter_key = repr([each for each in models.items() if each[0].startswith(("lora:", "embedding:"))])
            adapter_key += repr([lora.weight for lora in options.loras]) + models["model"] + dtype
            stack.enter_context(prompt_embeddings.cache_encoders(pipe, self.embedding_cache, adapter_key))
            job = inference.InferenceJob(
                pipe=task_pipe,
                size=size,
                steps=options.steps,
                guidance=options.guidance,
                negative=texts[0].negative,
                weights=options.weights,
                refiner=refiner,
                start=options.refiner.start if options.refiner is not None else 1.0,
                arguments={**attached.arguments, **task_arguments},
            )
            seeds = [recipe.seed for recipe in recipes]
            count_text = f"{len(recipes)} images" if len(recipes) > 1 else f"seed {recipes[0].seed}"
            title = f"{size[0]}x{size[1]}, {count_text}"
            with report_steps(self.progress, title, options.steps, stop) as on_step:
                drawn = inference.draw(job, [text.prompt for text in texts], seeds, on_step)
                if options.hires is not None:
                    again = tasks.second_pass(pipe, options, size, job)
                    lines = [text.prompt for text in texts]
                    drawn = inference.draw_again(again, drawn, options.hires.strength, lines, seeds, on_step)
            drawn = replace(
                drawn,
                notes=(*drawn.notes, *attached.notes),
                prompt_notes=tuple((*text.notes, *text.cuts) for text in texts),
                lora_layers=attached.lora_layers,
                scheduler=schedulers.describe(task_pipe.scheduler),
            )
            # Before the scheduler is restored.
            return drawn, task_pipe, generation_metadata.sampler_names(options.scheduler, task_pipe.scheduler)

    def _pipe(self, options: RecipeOptions, models: Mapping[str, str], machine: pipelines.Machine) -> Any:
        source = single_file.locate(self.files, "model", options.model, options.config)
        return self._load(source, "model", options, models, machine)

    def _load(
        self,
        source: single_file.ModelSource,
        key: str,
        options: RecipeOptions,
        models: Mapping[str, str],
        machine: pipelines.Machine,
        task: str = "Text2Image",
    ) -> Any:
        return pipelines.load(
            source,
            key,
            digest=models[key] + models.get("config" if key == "model" else f"{key}_config", ""),
            dtype=machine.dtype(options.dtype),
            device=machine.device,
            memory=machine.memory,
            task=task,
        )

    def _master(self, drawn: DrawnImage) -> Master:
        """Finish, encode and describe a drawn image. Raises ProviderError if drawing failed."""
        if isinstance(drawn.image, ImageseoError):
            raise drawn.image
        recipe, options = drawn.recipe, read_options(drawn.recipe.options)
        image = tasks.finish_image(drawn.image, options, self.files, (recipe.width, recipe.height))
        if options.upscale is not None:
            image = import_module("imageseo.heroes.providers.diffusion.upscaler").enlarge(image, options, self.files)
        return Master(
            png=input_images.encode_png(image),
            digital_source_type=tasks.digital_source_type(options),
            notes=drawn.notes,
            env=drawn.env,
            models=drawn.models,
            parameters=generation_metadata.format_parameters(recipe, options, drawn.models, drawn.sampler),
        )


def _batch_key(recipe: Recipe, options: RecipeOptions | None) -> str | None:
    """Return a key of recipes that can be drawn together; None for one that must be drawn alone.

    A start image, control image or reference image is prepared for a single recipe.
    """
    try:
        options = options or read_options(recipe.options)
    except RecipeError:  # reported when the recipe is processed
        return None
    if options.image is not None or options.control or options.ip_adapter is not None:
        return None
    common = {key: value for key, value in recipe.options.items() if key != "prompt"}
    return Recipe(provider=recipe.provider, seed=0, width=recipe.width, height=recipe.height, options=common).key


def _attach_adapters(pipe: Any, options: RecipeOptions, files: ModelFiles) -> AbstractContextManager[Attached]:
    if not (options.loras or options.embeddings or options.vae or options.ip_adapter):
        return nullcontext(Attached())
    return adapters.attach(pipe, options, files)
