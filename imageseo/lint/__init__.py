"""Rules over facts: engine, severities, baseline, fixes, reports."""
