"""Does what the README promises hold on a machine that has nothing? `make fresh`, docs/fresh-machine.md."""
