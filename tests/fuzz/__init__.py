"""Mutated inputs of every kind, and what must hold for all of them: ``python -m tests.fuzz``."""
