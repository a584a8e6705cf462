"""Command line: options and output. Only click is imported until a command runs."""
