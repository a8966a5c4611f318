"""Who belongs to a swarm: membership, certificates, auto-lock, quorum, repair."""
