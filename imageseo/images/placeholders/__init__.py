"""What a page shows of an image until it is loaded."""
