"""pytest-xdist's side: which worker gets which scenario."""
