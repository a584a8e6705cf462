"""What the metrics keep for themselves: frames of pixels, colour as eyes take it, structure and its loss."""
