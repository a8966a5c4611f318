"""Raft as SwarmKit runs it: what a log says, what a restored backup can lead to, and how often. Knows no lab."""
