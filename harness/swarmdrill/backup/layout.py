"""Where the parts of a state directory lie."""

SWARM_DIR = "/var/lib/docker/swarm"
# The log, with its segments and its snapshots.
LOG = "raft"
WAL = f"{LOG}/wal-v3-encrypted"
SNAPSHOTS = f"{LOG}/snap-v3-encrypted"
