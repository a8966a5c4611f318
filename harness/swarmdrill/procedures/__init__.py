"""Ways to back up and restore a swarm."""
