"""Keeps a lab for one test process: boots it when first needed, hands out a clean cluster, replaces a broken one."""

import os
from contextlib import ExitStack

from swarmdrill.base import trace
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import said
from swarmdrill.base.settings import Settings
from swarmdrill.base.waiting import Clock
from swarmdrill.machines import removal
from swarmdrill.machines.lab import Lab, default_lab, labs_dir
from swarmdrill.observe import diagnostics
from swarmdrill.swarm import boot
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.logs import LogMark
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.reset import reset


class LabKeeper:
    """One lab at a time. `worker` is the xdist worker's id, empty in a serial run."""

    def __init__(self, settings: Settings, worker: str) -> None:
        self._settings = settings
        self._clock = Clock(settings.timeout_scale)
        self._worker = worker
        self._shape = settings
        self._count = 0
        self._lab: Lab | None = None
        self._cluster: Cluster | None = None
        self._held = ExitStack()

    def cluster(self, shape: Settings | None = None) -> Cluster:
        """A cluster with an empty swarm, booted now if there is none of that shape: number and version of machines.

        `shape` is what the scenario asks for, by default what the run was asked for. A lab of another shape is
        taken down first, so that a worker never has two. Raises UsageProblem or LabBroken.
        """
        wanted = shape or self._settings
        if self._cluster is not None and wanted != self._shape:
            self.close(broken=True)
        if self._cluster is None:
            self._lab = self._next_lab()
            self._shape = wanted
            self._held.enter_context(self._lab.lock())
            if self._settings.reuse:
                self._cluster = Cluster.of(self._lab, self._clock)
                reset(self._cluster)
            else:
                self._cluster = self._boot(self._lab, wanted)
        return self._cluster

    def _boot(self, lab: Lab, shape: Settings) -> Cluster:
        try:
            return boot.boot(lab, shape, self._clock)
        except LabBroken:
            diagnostics.show_boot(lab)
            raise

    def _next_lab(self) -> Lab:
        if self._settings.reuse:
            return default_lab()
        self._count += 1
        suffix = "".join(f"-{part}" for part in (self._worker, str(self._count) if self._count > 1 else "") if part)
        return Lab(labs_dir() / f"run-{os.getpid()}{suffix}")

    def take_back(self, *, failed: bool, last: bool, since: LogMark) -> None:
        """Bring the cluster back to an empty swarm after a scenario.

        After the `last` scenario only the machines are checked. A lab with engines that the scenario changed is taken
        down, and the next scenario gets a new one. A lab that cannot be brought back is asked what it knows (`since`
        is where the logs ended when the scenario began) and taken down, and the next scenario gets a new
        one. Raises LabBroken, so that the scenario that broke the lab is the one that is reported.
        """
        cluster = self._cluster
        if cluster is None:
            return
        if failed and self._settings.keep == "failed":
            self._keep()
            return
        if not last and self._lab is not None and self._lab.other_engines:
            trace.observe(
                said("the lab is replaced: its engines were changed"),
                said("{machines:,}", machines=self._lab.other_engines),
            )
            self.close(broken=True)
            return
        try:
            if last:
                cluster.on_each(_answers, cluster.machines)
            else:
                reset(cluster)
        except Exception as problem:
            diagnostics.collect(cluster, since)
            self.close(broken=True)
            raise LabBroken(
                said("the lab could not be brought back and was replaced: {problem}", problem=problem)
            ) from problem

    def close(self, *, broken: bool = False) -> None:
        """End the lab, as `--keep` and `--reuse` say; with `broken` it goes in any case."""
        if self._lab is None:
            return
        if self._settings.keep == "always" and not self._settings.reuse and not broken:
            self._keep()
            return
        lab, cluster = self._lab, self._cluster
        self._lab = self._cluster = None
        try:
            if cluster is not None:
                cluster.close()
            if not self._settings.reuse:
                removal.take_down(lab, self._clock)
        finally:
            self._held.close()

    def _keep(self) -> None:
        lab, cluster = self._lab, self._cluster
        self._lab = self._cluster = None
        if lab is not None:
            lab.keep()
            trace.observe(
                said("lab kept"),
                said(
                    "{directory}: ssh -F {config} manager1; `swarmdrill down` ends it",
                    directory=lab.directory,
                    config=lab.ssh_config,
                ),
            )
        if cluster is not None:
            cluster.close()
        self._held.close()


def _answers(machine: Machine) -> None:
    machine.run("true", why=said("see whether the machine answers"))
