"""Implementation of the diffusers provider: options, models, schedulers, embeddings and inference."""
