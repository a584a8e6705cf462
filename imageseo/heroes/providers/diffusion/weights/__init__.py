"""Weighted words of prompts: their syntax, and what they do to the embeddings of T5."""
