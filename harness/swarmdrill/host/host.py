"""A computer that labs are on: which docker client and engine are used there, and how programs are started.

Whoever acts on a computer has one of these, so that no module means "this computer" silently. The engine is said to
the client in every call: what DOCKER_HOST or a context says has been looked up once, when the host was made.
"""

from dataclasses import dataclass

from swarmdrill.base import programs
from swarmdrill.base.programs import CALL_SECONDS, Runner
from swarmdrill.host import address, client

# What `--docker-host` is where nobody says it.
AUTO = "auto"


@dataclass(frozen=True)
class Host:
    """A computer, as it is used by this process.

    Args:
        name: what it is called in messages.
        client: the path of the docker client.
        engine: the address of its Docker Engine, as DOCKER_HOST has it: `unix:///var/run/docker.sock`.
        run: how a program is started there.
    """

    name: str
    client: str
    engine: str
    run: Runner = programs.run

    def docker_command(self, *words: str) -> list[str]:
        """The words with which the docker client is run on this host's engine."""
        return [self.client, "--host", self.engine, *words]

    def docker(self, *words: str, timeout: float = CALL_SECONDS) -> str:
        """Run the docker client on this host's engine, and return what it prints, stripped.

        `timeout` in seconds. Raises ClientFailed with the command and its error when it fails or does not answer.
        """
        return self.call(*self.docker_command(*words), timeout=timeout)

    def call(self, *command: str, timeout: float = CALL_SECONDS) -> str:
        """Run a program and return what it prints, stripped; `timeout` in seconds. Raises ClientFailed."""
        return programs.call(*command, timeout=timeout, run=self.run)

    def environment(self) -> dict[str, str]:
        """The variables of a program that looks for docker in PATH and asks the environment for the engine: Vagrant."""
        return client.environment(self.engine)

    @property
    def is_usual(self) -> bool:
        """Whether its engine is the one that a computer has where nobody chose another."""
        return self.engine == address.USUAL


def this_host(engine: str = AUTO) -> Host:
    """This computer with the engine of that address; with `auto`, the one that the docker client has by itself."""
    program = client.path()
    return Host("this host", program, address.in_use(program) if engine == AUTO else engine)
