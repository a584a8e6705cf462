"""Rules for generated images: what a prompt may say, what leaves the machine, and which weights may be used."""
