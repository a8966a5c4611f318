"""Reads what a swarm holds, and judges it."""
