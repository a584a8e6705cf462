"""Tiny diffusion pipelines with random weights: the real structure of every family, a few MB, built in a second."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

FAMILIES = ("sd", "sdxl", "sd3", "flux", "pixart")
SEED = 20261122


def save(family: str, folder: Path) -> Path:
    """Build the tiny pipeline of a family and save it in safetensors; return the complete folder."""
    import torch

    logging = _transformers().utils.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        pipe = _MAKERS[family]()
        pipe.set_progress_bar_config(disable=True)
        pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def _diffusers() -> Any:
    module: Any = import_module("diffusers")
    return module


def _transformers() -> Any:
    module: Any = import_module("transformers")
    return module


def bytes_to_unicode() -> list[str]:
    """Return the 256 letters that represent bytes in CLIP's and GPT-2's vocabularies."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    replacements = iter(range(256, 512))
    return [chr(code) if code in printable else chr(next(replacements)) for code in range(256)]


def clip_tokenizer() -> Any:
    """Build a CLIP tokenizer of 518 tokens: bytes, bytes at the end of a word, a few merges, begin and end."""

    letters = bytes_to_unicode()
    merges = [("a", "n"), ("t", "h")]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(pair) for pair in merges)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: number for number, word in enumerate(tokens)}
    return _transformers().CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77)


def clip(*, projected: bool = False, width: int = 32) -> Any:

    config = _transformers().CLIPTextConfig(
        vocab_size=len(clip_tokenizer()),
        hidden_size=width,
        intermediate_size=37,
        projection_dim=width,
        num_attention_heads=4,
        num_hidden_layers=3,
        bos_token_id=514,
        eos_token_id=515,
        pad_token_id=515,
        hidden_act="gelu" if projected else "quick_gelu",
    )
    kind = "CLIPTextModelWithProjection" if projected else "CLIPTextModel"
    return getattr(_transformers(), kind)(config).eval()


def t5_tokenizer(folder: Path) -> Any:
    """Train a T5 tokenizer on a few sentences with sentencepiece; ``folder`` receives its files."""
    import sentencepiece

    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(
            ["a lighthouse at dawn, paper cut", "an engine of glass and brass", "the quick brown fox jumps over it"] * 4
        ),
        model_writer=trained,
        vocab_size=60,
        hard_vocab_limit=False,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
        num_threads=1,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spiece.model").write_bytes(trained.getvalue())
    settings = {"tokenizer_class": "T5Tokenizer", "extra_ids": 0, "model_max_length": 77}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return _transformers().T5Tokenizer.from_pretrained(str(folder))


def t5(width: int = 32) -> Any:

    return (
        _transformers()
        .T5EncoderModel(
            _transformers().T5Config(
                vocab_size=256,
                d_model=width,
                d_kv=8,
                d_ff=37,
                num_layers=2,
                num_heads=4,
                is_encoder_decoder=False,
                use_cache=False,
            )
        )
        .eval()
    )


def vae(latent: int = 4, **options: Any) -> Any:

    return (
        _diffusers()
        .AutoencoderKL(
            in_channels=3,
            out_channels=3,
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            block_out_channels=(8, 16),
            layers_per_block=1,
            norm_num_groups=4,
            latent_channels=latent,
            sample_size=64,
            **options,
        )
        .eval()
    )


def _sd() -> Any:

    unet = _diffusers().UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        sample_size=32,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=4,
        norm_num_groups=4,
    )
    scheduler = _diffusers().DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    return _diffusers().StableDiffusionPipeline(
        unet=unet.eval(),
        scheduler=scheduler,
        vae=vae(),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        safety_checker=None,
        feature_extractor=None,
        image_encoder=None,
        requires_safety_checker=False,
    )


def _sdxl_parts(context: int, projected: int, ids: int = 6) -> dict[str, Any]:

    unet = _diffusers().UNet2DConditionModel(
        block_out_channels=(8, 16),
        layers_per_block=1,
        sample_size=32,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 2),
        projection_class_embeddings_input_dim=projected + 8 * ids,
        cross_attention_dim=context,
        norm_num_groups=4,
    )
    scheduler = _diffusers().EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="leading", steps_offset=1
    )
    return {
        "unet": unet.eval(),
        "scheduler": scheduler,
        "vae": vae(),
        "text_encoder_2": clip(projected=True),
        "tokenizer_2": clip_tokenizer(),
    }


def _sdxl() -> Any:

    return _diffusers().StableDiffusionXLPipeline(
        **_sdxl_parts(64, 32),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        image_encoder=None,
        feature_extractor=None,
        add_watermarker=False,
    )


def _refiner() -> Any:

    return _diffusers().StableDiffusionXLImg2ImgPipeline(
        **_sdxl_parts(32, 32, ids=5),
        text_encoder=None,
        tokenizer=None,
        image_encoder=None,
        feature_extractor=None,
        requires_aesthetics_score=True,
        add_watermarker=False,
    )


def _sd3() -> Any:

    transformer = _diffusers().SD3Transformer2DModel(
        sample_size=32,
        patch_size=2,
        in_channels=4,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=4,
        caption_projection_dim=32,
        joint_attention_dim=32,
        pooled_projection_dim=64,
        out_channels=4,
        pos_embed_max_size=96,
    )
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = t5_tokenizer(Path(folder))
    return _diffusers().StableDiffusion3Pipeline(
        transformer=transformer.eval(),
        scheduler=_diffusers().FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(shift_factor=0.0609, scaling_factor=1.5305, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=clip(projected=True),
        tokenizer=clip_tokenizer(),
        text_encoder_2=clip(projected=True),
        tokenizer_2=clip_tokenizer(),
        text_encoder_3=t5(),
        tokenizer_3=tokenizer,
    )


def _flux() -> Any:

    transformer = _diffusers().FluxTransformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=[4, 4, 8],
        guidance_embeds=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = t5_tokenizer(Path(folder))
    return _diffusers().FluxPipeline(
        transformer=transformer.eval(),
        scheduler=_diffusers().FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        vae=vae(1, shift_factor=0.0609, scaling_factor=1.5035, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=clip(),
        tokenizer=clip_tokenizer(),
        text_encoder_2=t5(),
        tokenizer_2=tokenizer,
        image_encoder=None,
        feature_extractor=None,
    )


def _pixart() -> Any:

    transformer = _diffusers().PixArtTransformer2DModel(
        sample_size=32,
        num_layers=2,
        patch_size=2,
        attention_head_dim=8,
        num_attention_heads=4,
        caption_channels=32,
        in_channels=4,
        cross_attention_dim=32,
        out_channels=8,
        attention_bias=True,
        activation_fn="gelu-approximate",
        num_embeds_ada_norm=1000,
        norm_type="ada_norm_single",
        norm_elementwise_affine=False,
        norm_eps=1e-6,
        use_additional_conditions=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = t5_tokenizer(Path(folder))
    return _diffusers().PixArtSigmaPipeline(
        transformer=transformer.eval(),
        scheduler=_diffusers().DPMSolverMultistepScheduler(),
        vae=vae(),
        text_encoder=t5(),
        tokenizer=tokenizer,
    )


_MAKERS: dict[str, Callable[[], Any]] = {
    "sd": _sd,
    "sdxl": _sdxl,
    "refiner": _refiner,
    "sd3": _sd3,
    "flux": _flux,
    "pixart": _pixart,
}
