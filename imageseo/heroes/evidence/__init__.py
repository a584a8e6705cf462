"""What is kept for an audit: a card of each model, and the evidence of one page."""
