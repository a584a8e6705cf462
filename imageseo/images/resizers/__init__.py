"""Resizers, one a file: from bytes to upright sRGB pixels at the sizes asked for."""
