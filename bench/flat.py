"""How a checkout is measured whose modules are all in one flat folder, as they were up to decbe5f.

Its modules are not those of this checkout, so no type checker knows them.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

COMMANDS = 100
Seconds = dict[str, float]
_LOADED = "import pytest, xdist.plugin, hypothesis, allure_pytest.plugin, _hypothesis_pytestplugin, time\n"


class Subject:
    """The checkout in whose directory this process is; each method returns seconds by name."""

    def __init__(self) -> None:
        config, lab = import_module("harness.config"), import_module("harness.lab")
        self.lifecycle: Any = import_module("harness.lifecycle")
        self.bench: Any = import_module("bench.__main__")
        self.settings: Any = config.Settings.read({}, config.ini_file())
        self.clock: Any = import_module("harness.poll").Clock(self.settings.timeout_scale)
        self.lab: Any = lab.Lab(lab.LABS_DIR / f"bench-{os.getpid()}")
        self.cluster: Any = None
        self.held = ExitStack()

    def prepare(self) -> None:
        """Have the image that machines are made from, so that no boot builds it."""
        import_module("harness.preflight").check_host(self.settings, labs=1)
        engines, image = import_module("harness.provider.engines"), import_module("harness.provider.image")
        image.ensure(engines.releases()[self.settings.engine])

    def up(self) -> Seconds:
        """Boot a lab until its swarm is formed."""
        started = time.monotonic()
        # Until it is down: whoever starts a session removes labs that nobody uses.
        self.held.enter_context(self.lab.lock())
        self.cluster = self.lifecycle.boot(self.lab, self.settings, self.clock)
        return {"up": time.monotonic() - started}

    def down(self) -> None:
        """Take the lab down, where there is one."""
        if self.cluster is not None:
            self.cluster.close()
            self.lifecycle.take_down(self.lab, self.clock)
            self.cluster = None
        self.held.close()

    def reset(self) -> Seconds:
        """Bring the lab back to an empty swarm."""
        reset = import_module("harness.reset").reset
        return {"reset": self.bench.timed(lambda: reset(self.cluster))}

    def command(self) -> Seconds:
        """`true` through the harness."""
        machine = self.cluster.managers[0]
        machine.run("true")
        return {"command": self.bench.timed(lambda: machine.run("true"), COMMANDS)}

    def flow(self) -> Seconds:
        """The full flow as a scenario, with its report; and the part of it in which no leader is waited for."""
        with tempfile.TemporaryDirectory() as reports:
            seconds, waited = self.bench.scenario_seconds(self.cluster, Path(reports))
        return {"flow": seconds, "flow, no elections": seconds - waited}

    def imports(self) -> Seconds:
        """What the plugin costs a session; there was no other than one with a lab."""
        code = f"{_LOADED}started = time.perf_counter()\nimport harness.plugin\nprint(time.perf_counter() - started)"
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        return {"plugin": float(done.stdout)}

    def setup(self) -> Seconds:
        """Set-up where nothing is missing."""
        command = ["make", "--no-print-directory", "setup"]
        return {"setup": self.bench.timed(lambda: subprocess.run(command, check=True, capture_output=True))}
