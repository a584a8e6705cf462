"""HTML by byte offset: tokenizer, attributes, page scan, edits."""
