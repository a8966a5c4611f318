"""Look at the Docker Engine of this host; change nothing."""

from swarmdrill.host import client, services, tools
from swarmdrill.host.services import ServiceAnswer
from swarmdrill.host.tools import ToolFinding

MINIMUM = (20, 10)


def ask(*options: str) -> ServiceAnswer:
    """Ask the engine that the docker client is configured for; `options` of the client come first."""
    program = tools.find(client.path())
    if program is None:
        return ServiceAnswer(error="the docker client is missing")
    # Not `docker info`, which collects far more than whether an engine answers.
    return services.ask([program, *options, "version", "--format", "{{.Server.Version}}"], tools.version_in)


def examine() -> ToolFinding:
    """Whether an engine answers that is recent enough for the machines."""
    answer = ask()
    if answer.error:
        return ToolFinding(problem=answer.error)
    if tools.as_numbers(answer.version) < MINIMUM:
        needed = tools.dotted(MINIMUM)
        return ToolFinding(answer.version, f"the engine is {answer.version}, {needed} or later is needed")
    return ToolFinding(answer.version)
