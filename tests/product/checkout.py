"""Where the product and its labs are, and which provider the tests of labs are run on."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LABS = ROOT / ".swarmdrill" / "labs"
BIN = Path(sys.executable).parent
DRILLS = ROOT / "tests" / "drills"
# The provider that these tests are run on: `make lab PROVIDER=libvirt ARGS="-n 0 -k kills"`.
PROVIDER = os.environ.get("SWARMDRILL_PROVIDER") or "docker"
SECONDS = {"docker": 300, "libvirt": 900}[PROVIDER]
