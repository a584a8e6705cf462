"""What the commands that make heroes share: the pages and requests of a run."""
