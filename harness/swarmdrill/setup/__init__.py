"""Set-up: finds what this machine lacks and gets it. Standard library only: nothing is there before it."""
