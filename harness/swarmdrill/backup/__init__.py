"""A state directory as bytes: layout, manifest. Knows nothing of a lab."""
