"""The four doors of the configuration: read, checked against one schema, all faults at once."""

from imageseo.config.doors import CONFIG_NAME, Project, load, read_project
from imageseo.config.environment import PREFIX
from imageseo.config.schema import schema_text

__all__ = ["CONFIG_NAME", "PREFIX", "Project", "load", "read_project", "schema_text"]
