"""The command line: options and text. Only click is loaded until a command runs."""
