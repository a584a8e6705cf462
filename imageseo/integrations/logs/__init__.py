"""What imageseo writes to the logs of generators."""
