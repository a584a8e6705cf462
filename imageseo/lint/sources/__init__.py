"""The author's files: where they show an image, and the lines to paste, one module for each syntax."""
