"""HTML processing by byte offset: tokenizer, attributes, page scan and edits."""
