"""The claims report: a page, JSON, Markdown."""
