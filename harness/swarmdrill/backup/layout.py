"""Where the parts of a state directory lie."""

SWARM_DIR = "/var/lib/docker/swarm"
WAL = "raft/wal-v3-encrypted"
SNAPSHOTS = "raft/snap-v3-encrypted"
