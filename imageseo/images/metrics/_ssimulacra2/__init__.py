"""Internals of the SSIMULACRA 2 metrics: pixel frames, the XYB colour space, structural differences."""
