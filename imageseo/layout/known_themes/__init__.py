"""One module for each known theme, with the measured widths of its article column; loaded by name."""
