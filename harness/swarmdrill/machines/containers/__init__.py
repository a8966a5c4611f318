"""Machines that are containers."""
