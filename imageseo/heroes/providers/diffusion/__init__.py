"""What the diffusers provider keeps for itself: options, models, schedulers, embeddings and the run."""
