"""``python -m imageseo.config`` prints the JSON Schema; how imageseo/config/settings.schema.json is made."""

import sys

from imageseo.config.json_schema import schema_text

sys.stdout.write(schema_text())
