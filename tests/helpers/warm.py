"""Snakemake and its jobs as forks of one process that has loaded other packages: imports are most of a small job.

The library itself is loaded by each fork, from where its own process would. What is killed, installed or asked with an
environment of its own, SLURM's tests and `make demo` start processes as users do.
"""

import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SERVER, CLIENT = (str(Path(__file__).with_name(name)) for name in ("fork_server.py", "fork_client.py"))


def command(*arguments: str) -> list[str]:
    """In place of [sys.executable, *arguments]: a small process that waits for a fork, where that is the same."""
    address, environment = _server()
    if environment != _environment():
        return [sys.executable, *arguments]
    return [sys.executable, "-I", "-S", CLIENT, address, *arguments]


@functools.cache
def _server() -> tuple[str, dict[str, str]]:
    """The address of the process that forks, and its environment; it ends with this one."""
    address, environment = os.path.join(tempfile.mkdtemp(prefix="warm"), "socket"), _environment()
    begun = subprocess.Popen([sys.executable, SERVER, CLIENT, address], env=environment, stdout=subprocess.PIPE)
    assert begun.stdout and begun.stdout.readline() == b"ready\n"
    return address, environment


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
