"""What runs on a swarm: stacks, services, tasks, objects, load."""
