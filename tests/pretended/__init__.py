"""Stand-ins for tests: pretended engines, programs, workers, checkouts, stored runs."""

from pathlib import Path

# The checkout that these tests are of.
ROOT = Path(__file__).resolve().parents[2]
