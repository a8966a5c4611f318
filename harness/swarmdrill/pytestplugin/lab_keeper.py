"""Keeps a lab for one test process: boots it when first needed, hands out a clean cluster, replaces a broken one."""

import os
from secrets import token_hex

from swarmdrill.base import trace
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import said
from swarmdrill.base.settings import Settings
from swarmdrill.base.waiting import Clock
from swarmdrill.machines.lab import Lab, default_lab, labs_dir
from swarmdrill.observe import diagnostics
from swarmdrill.pytestplugin import lease
from swarmdrill.pytestplugin.lease import Lease
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.logs import LogMark
from swarmdrill.swarm.machine import Machine


class LabKeeper:
    """Holds one lab, or none. `worker` is the xdist worker's id, empty in a serial run."""

    def __init__(self, settings: Settings, worker: str) -> None:
        self._settings = settings
        self._clock = Clock(settings.timeout_scale)
        self._worker = worker
        # Two containers that share a checkout can have a process of the same id.
        self._unique = token_hex(3)
        self._count = 0
        self._lease: Lease | None = None

    def cluster(self, shape: Settings | None = None) -> Cluster:
        """A cluster with an empty swarm, booted now if there is none of that shape: number and version of machines.

        `shape` is what the scenario asks for, by default what the run was asked for. A lab of another shape is
        taken down first, so that a worker never has two. Raises UsageProblem or LabBroken.
        """
        wanted = shape or self._settings
        if self._lease is not None and wanted != self._lease.shape:
            self.close(broken=True)
        if self._lease is None:
            if self._settings.reuse:
                self._lease = lease.borrow(default_lab(), wanted, self._clock)
            else:
                self._lease = lease.boot(self._next_lab(), wanted, self._clock)
        return self._lease.cluster

    def _next_lab(self) -> Lab:
        self._count += 1
        suffix = "".join(f"-{part}" for part in (self._worker, str(self._count) if self._count > 1 else "") if part)
        return Lab(labs_dir() / f"run-{os.getpid()}-{self._unique}{suffix}")

    def take_back(self, *, failed: bool, last: bool, since: LogMark) -> None:
        """Bring the cluster back to an empty swarm after a scenario.

        After the `last` scenario only the machines are checked. A lab with engines that the scenario changed is taken
        down, and the next scenario gets a new one. A lab that cannot be brought back is asked what it knows (`since`
        is where the logs ended when the scenario began) and taken down, and the next scenario gets a new
        one. Raises LabBroken, so that the scenario that broke the lab is the one that is reported.
        """
        held = self._lease
        if held is None:
            return
        if failed and self._settings.keep == "failed":
            self._lease = None
            held.keep()
            return
        if not last and held.lab.other_engines:
            trace.observe(
                said("the lab is replaced: its engines were changed"),
                said("{machines:,}", machines=held.lab.other_engines),
            )
            self.close(broken=True)
            return
        try:
            if last:
                held.cluster.on_each(_answers, held.cluster.machines)
            else:
                held.reset()
        except Exception as problem:
            diagnostics.collect(held.cluster, since)
            self.close(broken=True)
            raise LabBroken(
                said("the lab could not be brought back and was replaced: {problem}", problem=problem)
            ) from problem

    def close(self, *, broken: bool = False) -> None:
        """End the lab, as `--keep` and `--reuse` say; with `broken` it goes in any case."""
        held, self._lease = self._lease, None
        if held is None:
            return
        if self._settings.keep == "always" and not held.borrowed and not broken:
            held.keep()
        else:
            held.end()


def _answers(machine: Machine) -> None:
    machine.run("true", why=said("see whether the machine answers"))
