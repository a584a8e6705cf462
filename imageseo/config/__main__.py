"""``python -m imageseo.config`` prints the JSON Schema; how imageseo/settings.schema.json is made."""

import sys

from imageseo.config.schema import schema_text

sys.stdout.write(schema_text())
