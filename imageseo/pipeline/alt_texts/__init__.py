"""Drafts of alternative texts: their file, what is proposed, and what a build takes from it."""
