"""What each command does, free of click."""
