"""Performance budgets: limits, the cost of a page, the LCP image."""
