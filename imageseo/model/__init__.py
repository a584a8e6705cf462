"""Domain model: frozen values without behaviour beyond derived properties."""
