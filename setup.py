"""What pyproject.toml cannot say of the wheel: the scenarios, which stand at the top of the repository, go into it."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithScenarios(build_py):
    """Copies `scenarios/` into the package. Not for an editable install, which finds them where they are."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "swarmdrill" / "scenarios"
            shutil.rmtree(target, ignore_errors=True)  # a build directory that is used again may have others
            shutil.copytree("scenarios", target, ignore=shutil.ignore_patterns("__pycache__"))


setup(cmdclass={"build_py": BuildWithScenarios})
