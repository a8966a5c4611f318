"""Stand-ins for tests: pretended engines, programs, workers, checkouts, stored runs."""
