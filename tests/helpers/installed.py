"""linexp as others get it: a wheel, installed over the environment that the tests run in."""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from helpers.projects import CODE, REPOSITORY

PACKAGED = (*CODE, "pyproject.toml", "setup.py", "README.md", "LICENSE", "tools")
PROGRAM = "#!{python}\nimport sys\nfrom {module} import main\nsys.exit(main())\n"


@dataclass
class Environment:
    """A virtual environment in which linexp is installed from a wheel."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin/python"

    def run(self, command: str, folder: Path) -> str:
        """What a command line prints, run in a folder with the environment activated."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command,
            shell=True,
            cwd=folder,
            env={**kept, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}"
        return done.stdout


def sources(folder: Path) -> Path:
    """A copy of what a wheel is built from, so that nothing is written where it lies."""
    folder.mkdir()
    for name in PACKAGED:
        copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy2
        ignored = {"ignore": shutil.ignore_patterns("__pycache__", "*.egg-info")} if copy is shutil.copytree else {}
        copy(REPOSITORY / name, folder / name, **ignored)
    return folder


def wheel(source: Path, folder: Path) -> Path:
    """A wheel of the sources, without a network."""
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    return next(folder.glob("*.whl"))


def install(built: Path, folder: Path) -> Environment:
    """A new environment with a wheel and the libraries of this one, but not its linexp."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    environment = Environment(folder)
    for site in folder.glob("lib/python*/site-packages"):
        # what .pth files name there, such as an editable linexp, is not taken over
        (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    snakemake = folder / "bin/snakemake"
    snakemake.write_text(PROGRAM.format(python=environment.python, module="snakemake.cli"))
    snakemake.chmod(0o755)
    upgrade(built, environment)
    return environment


def upgrade(built: Path, environment: Environment) -> None:
    """Install a wheel in place of what was installed of linexp."""
    _pip("--python", str(environment.python), "install", "--no-deps", "--force-reinstall", str(built))


def _pip(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", *arguments],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
