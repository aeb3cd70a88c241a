"""One run in a folder at a time: the next run tells a living run from a dead one, and outlives the jobs of a dead one.

Snakemake leaves its locks behind when it is killed. Here a run holds `flock` on a file of its own, which the kernel
takes away when the process ends, however it ends; so locks that nobody holds are removed. Where the file system cannot
`flock`, or the last run was started on another machine, Snakemake's own locks are left to decide.

A job can outlive the run that started it. It knows the run by an environment variable; once another run has begun in
the folder, it ends instead of writing.
"""

import contextlib
import fcntl
import os
import shutil
import socket
import uuid
from collections.abc import Callable
from pathlib import Path

from ..errors import LinexpError
from . import write_errors

FOLDER = Path(".snakemake")
VARIABLE = "LINEXP_RUN"


def alone(workflow, stop: Callable[[Exception], None]) -> Callable:
    """The method `execute` of Snakemake's workflow, but only where no other run is at work and files can be written.

    A dry run, `--summary` and the like execute nothing; `--nolock` is left to the user.

    Parameters
    ----------
    workflow
        Snakemake's.
    stop
        Ends Snakemake with an error in one line.
    """
    execute = workflow.execute
    if getattr(execute, "is_alone", False):
        return execute  # as a module, the rules are read once for each `use rule`

    def execute_alone(*args, **kwargs):
        dry = kwargs["executor_plugin"].common_settings.dryrun_exec
        if workflow.execution_settings.lock and not dry:
            try:
                write_errors.check_folder(FOLDER)
                write_errors.check_folder(Path("results"))
                begin_run()
            except (LinexpError, OSError) as error:
                stop(error)
        return execute(*args, **kwargs)

    execute_alone.is_alone = True  # type: ignore[attr-defined]  # a mark on the function, asked for above
    return execute_alone


def begin_run(folder: Path = FOLDER) -> None:
    """Make this process the run of a folder, until it ends; remove the locks of a run that was killed.

    Parameters
    ----------
    folder
        Snakemake's own, in the folder that the run works in.

    Raises
    ------
    LinexpError
        Another run is at work there, or may be, on another machine. Nothing was changed.
    """
    os.environ.pop(VARIABLE, None)
    folder.mkdir(exist_ok=True)
    file = os.open(folder / "linexp_run", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _, process, host, _ = _read_run(folder)
        raise LinexpError(
            f"another run is at work in {Path.cwd()} (process {process} on {host}); wait for it, or end it first; "
            "nothing was changed"
        ) from None
    except OSError:
        os.close(file)
        return
    _, process, host, kernel = _read_run(folder)
    locked = any((folder / "locks").glob("*.lock"))
    if locked and host != socket.gethostname() and kernel != _kernel():
        raise LinexpError(
            f"a run of {host or 'an unknown machine'} (process {process or 'unknown'}) in {Path.cwd()} has not ended, "
            "or was killed; if it was killed: snakemake --unlock"
        )
    shutil.rmtree(folder / "locks", ignore_errors=True)
    run = uuid.uuid4().hex
    line = f"{run} {os.getpid()} {socket.gethostname()} {_kernel()}\n".encode()
    os.pwrite(file, line, 0)  # over the old line, so that a job never finds none
    os.ftruncate(file, len(line))
    os.fsync(file)  # for jobs on other machines
    os.environ[VARIABLE] = run


def belongs_to_latest(folder: Path = FOLDER) -> bool:
    """Whether this job is known to be of the latest run of the folder.

    Raises
    ------
    LinexpError
        Another run has begun since this job was started.
    """
    run = os.environ.get(VARIABLE)
    latest = _read_run(folder)[0] if run else None
    if run and latest not in (run, None):
        raise LinexpError("the run that started this job has ended and another has begun; its work is left to that one")
    return latest is not None


def _read_run(folder: Path) -> tuple[str, str, str, str] | tuple[None, None, None, None]:
    """What the latest run of a folder wrote of itself: its name, process, machine and the machine's kernel."""
    with contextlib.suppress(OSError, ValueError):
        run, process, host, kernel = (folder / "linexp_run").read_text(encoding="utf-8").split()
        return run, process, host, kernel
    return None, None, None, None


def _kernel() -> str:
    """What tells this running kernel from others, also where a container has a new name every time."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return f"of-{socket.gethostname()}"
