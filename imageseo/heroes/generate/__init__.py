"""Command `generate`: make missing and changed heroes, pin them, and verify pinned ones."""
