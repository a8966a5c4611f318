"""Files and directories of a machine: list them, copy, move and remove them."""

import shlex

from swarmdrill.backup.manifest import File, Manifest
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import UNSAID, Message, said
from swarmdrill.swarm.machine import Machine


def read_manifest(machine: Machine, directory: str) -> Manifest:
    """List every file below `directory` on the machine by relative path.

    Raises CommandFailed where the directory is absent, LabBroken where files come and go meanwhile.
    """
    listed = machine.run(
        f"cd {directory} && find . -type f -printf '%P\\t%s\\t%m\\n' && echo && find . -type f -exec sha256sum {{}} +",
        why=said("manifest of the copy"),
    ).stdout.splitlines()
    border = listed.index("")
    sums = {}
    for line in listed[border + 1 :]:
        digest, _, path = line.partition("  ./")
        sums[path] = digest
    files = {}
    for line in listed[:border]:
        path, size, mode = line.rsplit("\t", 2)
        if path not in sums:
            raise LabBroken(
                said(
                    "{machine}: {directory}/{path} vanished while it was listed",
                    machine=machine,
                    directory=directory,
                    path=path,
                )
            )
        files[path] = File(int(size), sums[path], mode)
    if appeared := sorted(sums.keys() - files.keys()):
        raise LabBroken(
            said(
                "{machine}: {directory}/{appeared} appeared while it was listed",
                machine=machine,
                directory=directory,
                appeared=appeared[0],
            )
        )
    return files


def copy(machine: Machine, source: str, target: str) -> None:
    """Copy a file or directory with its modes, owners and times. Raises CommandFailed where it cannot be copied."""
    machine.run(f"cp -a {shlex.quote(source)} {shlex.quote(target)}")


def move(machine: Machine, source: str, target: str) -> None:
    """Move a file or directory. Raises CommandFailed where it cannot be moved."""
    machine.run(f"mv {shlex.quote(source)} {shlex.quote(target)}")


def remove(machine: Machine, path: str) -> None:
    """Remove a file or directory, if it is there. Raises CommandFailed where it cannot be removed."""
    machine.run(f"rm -rf {shlex.quote(path)}")


def make_directory(machine: Machine, path: str, *, why: Message = UNSAID) -> None:
    """Make a directory where there is none. Raises CommandFailed where it cannot be made."""
    machine.run(f"mkdir -p {shlex.quote(path)}", why=why)
