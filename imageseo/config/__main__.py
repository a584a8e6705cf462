"""``python -m imageseo.config`` prints the JSON Schema that is committed as imageseo/config/settings.schema.json."""

import sys

from imageseo.config.json_schema import schema_text

sys.stdout.write(schema_text())
