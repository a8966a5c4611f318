"""Random sequences of what operators do, played on a cluster and compared with the model of a restart."""
