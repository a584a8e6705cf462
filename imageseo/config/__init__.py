"""Configuration from four sources, checked against one schema; all errors are reported at once."""

from imageseo.config.environment import PREFIX
from imageseo.config.json_schema import schema_text
from imageseo.config.loader import CONFIG_NAME, LoadedSettings, load, read_project

__all__ = ["CONFIG_NAME", "PREFIX", "LoadedSettings", "load", "read_project", "schema_text"]
