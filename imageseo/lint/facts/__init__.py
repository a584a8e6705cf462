"""Memoised facts about a page and about the whole site, for rules."""
