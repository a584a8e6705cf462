"""What published files tell: private data removed, origin and rights declared, content credentials signed."""
