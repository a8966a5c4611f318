"""What the harness has to know of the unit that runs Docker on a node: read from the file that nodes are made with."""

import configparser
from functools import cache

from swarmdrill.machines.build.rootfs import NODES

LAB_UNIT = NODES / "common" / "etc" / "systemd" / "system" / "docker.service.d" / "lab.conf"


@cache
def stop_seconds() -> int:
    """Seconds after which systemd has given up on an engine that does not stop, at the latest.

    That is twice what the unit says (systemd.service(5), TimeoutStopSec): since it may not kill, it tells the engine to
    stop a second time and waits as long again (seen with 257: states stop-sigterm and final-sigterm).
    """
    unit = configparser.ConfigParser(interpolation=None)
    unit.read_string(LAB_UNIT.read_text(encoding="utf-8"))
    return 2 * unit.getint("Service", "TimeoutStopSec")
