"""Domain model: frozen values without behavior beyond derived properties."""
