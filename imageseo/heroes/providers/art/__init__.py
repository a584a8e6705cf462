"""Drawing code of the procedural provider; imported only when an image is drawn."""
