"""`python -m swarmdrill` is the command `swarmdrill`."""

import sys

from swarmdrill.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
