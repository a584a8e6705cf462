"""Integrations for site generators: each collects page hints and creates a Site."""
