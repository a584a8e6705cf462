"""The drawing rooms of the procedural provider. Loaded only when a picture is really drawn."""
