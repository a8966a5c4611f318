"""Looks at this computer. The standard library only."""
