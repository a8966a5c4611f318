"""How long things take, in ratios within one run; `make bench`, figures in docs/performance.md."""
