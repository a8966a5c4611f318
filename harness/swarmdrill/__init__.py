"""swarmdrill: a fire drill for Docker Swarm backups on a real cluster."""

__version__ = "0.1.0"
