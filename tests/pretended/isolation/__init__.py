"""Keeps unit tests away from this host, in their own process."""
