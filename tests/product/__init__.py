"""The product as a user runs it, as processes of their own; for tests on machines."""
