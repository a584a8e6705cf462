"""Performance budgets: limits, what a page spends, the LCP image."""
