"""A machine, the engine on it, and all of them as a swarm."""
