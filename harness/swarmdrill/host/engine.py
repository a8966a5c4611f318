"""Look at the Docker Engine of a host; change nothing."""

from swarmdrill.host import services, tools
from swarmdrill.host.host import Host
from swarmdrill.host.services import ServiceAnswer
from swarmdrill.host.tools import ToolFinding

MINIMUM = (20, 10)


def ask(host: Host) -> ServiceAnswer:
    """Ask the host's engine which version it is."""
    program = tools.find(host.client)
    if program is None:
        return ServiceAnswer(error="the docker client is missing")
    # Not `docker info`, which collects far more than whether an engine answers.
    command = host.docker_command("version", "--format", "{{.Server.Version}}")
    return services.ask([program, *command[1:]], tools.version_in, run=host.run)


def examine(host: Host) -> ToolFinding:
    """Whether an engine answers that is recent enough for the machines."""
    answer = ask(host)
    if answer.error:
        return ToolFinding(problem=answer.error)
    if tools.as_numbers(answer.version) < MINIMUM:
        needed = tools.dotted(MINIMUM)
        return ToolFinding(answer.version, f"the engine is {answer.version}, {needed} or later is needed")
    return ToolFinding(answer.version)
