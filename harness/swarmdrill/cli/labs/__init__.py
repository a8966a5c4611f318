"""Verbs for a lab by hand: up, status, ssh, down."""
