"""Verbs about what was found: report, claims."""
