"""One module for each generator whose projects are found by a configuration file; loaded by name."""
