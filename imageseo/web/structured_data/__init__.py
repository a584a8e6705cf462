"""JSON-LD: ImageObject nodes written and read, schema.org's vocabulary."""
