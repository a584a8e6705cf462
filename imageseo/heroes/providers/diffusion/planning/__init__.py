"""What a recipe can and cannot do, told from files and settings before any weights are loaded."""
