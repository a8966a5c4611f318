"""What does not fit in `.ci/run`: steps with the counts that each has to come to; `make nightly`."""
