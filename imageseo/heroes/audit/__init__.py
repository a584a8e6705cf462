"""The audit log: one line for all that happens to the heroes of a project, each tied to the lines before it."""
