"""Pure: values in, values out; no files, no PIL, no torch, no click."""
