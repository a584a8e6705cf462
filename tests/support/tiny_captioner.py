"""A tiny image-to-text model with random weights, in the files of a real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def create_captioner(folder: Path) -> None:
    """Write a BLIP model of a few thousand weights, with its processor."""
    import torch
    import transformers
    from transformers import BlipConfig, BlipForConditionalGeneration

    library: Any = transformers  # parts of it have no types
    folder.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]", "a", "boat", "in", "the", "harbour", "red"]
    tokenizer = library.BertTokenizerFast(vocab={word: number for number, word in enumerate(words)}, bos_token="[DEC]")
    text = {
        "vocab_size": len(words), "hidden_size": 16, "encoder_hidden_size": 16, "intermediate_size": 32,
        "projection_dim": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 64,
        "bos_token_id": 5, "eos_token_id": 3, "sep_token_id": 3, "pad_token_id": 0,
    }  # fmt: skip
    vision = {
        "hidden_size": 16, "intermediate_size": 32, "projection_dim": 16, "num_hidden_layers": 1,
        "num_attention_heads": 2, "image_size": 32, "patch_size": 16,
    }  # fmt: skip
    torch.manual_seed(3)
    model = BlipForConditionalGeneration(BlipConfig(text_config=text, vision_config=vision, projection_dim=16))
    with torch.no_grad():  # random weights say nothing: make them prefer words
        for name, each in model.named_parameters():
            if name.endswith(("predictions.bias", "decoder.bias")):
                each[7:] = 4.0
    model.save_pretrained(folder)
    image_processor = library.BlipImageProcessor(size={"height": 32, "width": 32})
    library.BlipProcessor(image_processor, tokenizer).save_pretrained(folder)
