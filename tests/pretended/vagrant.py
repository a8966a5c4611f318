"""Whether this system's Ruby has Vagrant, for tests that load the Vagrantfile."""

import shutil
import subprocess


def has_vagrant() -> bool:
    ruby = shutil.which("ruby")
    if ruby is None or shutil.which("vagrant") is None:
        return False
    return subprocess.run([ruby, "-e", 'require "vagrant"'], capture_output=True, check=False).returncode == 0
