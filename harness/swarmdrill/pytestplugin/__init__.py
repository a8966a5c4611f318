"""pytest's side: hooks, fixtures, one lab for each process."""
