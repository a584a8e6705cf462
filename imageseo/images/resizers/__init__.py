"""Resizers, one module each: decode files to upright sRGB pixels at the requested sizes."""
