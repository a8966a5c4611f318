"""Look at the Docker Engine of this host; change nothing."""

from swarmdrill.host import client, services, tools
from swarmdrill.host.services import Answer
from swarmdrill.host.tools import Finding

MINIMUM = (20, 10)


def ask(*options: str) -> Answer:
    """Ask the engine that the docker client is configured for; `options` of the client come first."""
    program = tools.find(client.path())
    if program is None:
        return Answer(error="the docker client is missing")
    # Not `docker info`, which collects far more than whether an engine answers.
    return services.ask([program, *options, "version", "--format", "{{.Server.Version}}"], tools.version_in)


def examine() -> Finding:
    """Whether an engine answers that is recent enough for the machines."""
    answer = ask()
    if answer.error:
        return Finding(problem=answer.error)
    if tools.as_numbers(answer.version) < MINIMUM:
        needed = tools.dotted(MINIMUM)
        return Finding(answer.version, f"the engine is {answer.version}, {needed} or later is needed")
    return Finding(answer.version)
