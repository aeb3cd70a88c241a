"""Read by every Python process of a run as `sitecustomize`: the first job of each stage dies when it moves its file.

The stages that `KILLED_RUNS` names, with commas, take Snakemake with them. Half of the others die just after the file
got its name, the rest just before, with half of the file written. `KILLED_JOBS` is a folder for a note a stage.
"""

import os
import signal
import sys
import zlib
from pathlib import Path

replace = os.replace
script = Path((sys.orig_argv[1:] or [""])[-1])
stage = script.name.split(".")[1] if script.parent.name == "scripts" and script.suffix == ".py" else None


def parents() -> list[int]:
    """The processes that this one was started by, so that no other is killed."""
    found = [os.getppid()]
    while found[-1] > 1:
        found.append(int(Path(f"/proc/{found[-1]}/stat").read_text().rpartition(")")[2].split()[1]))
    return found


def kill_once(source, target, **options):
    try:
        (Path(os.environ["KILLED_JOBS"]) / stage).touch(exist_ok=False)
    except FileExistsError:
        return replace(source, target, **options)
    with_run = stage in os.environ["KILLED_RUNS"].split(",")
    if not with_run and zlib.crc32(stage.encode()) % 2:
        replace(source, target, **options)
    else:
        os.truncate(source, os.path.getsize(source) // 2)
    run = int(Path(".snakemake/linexp_run").read_text().split()[1])
    if with_run and run in parents():
        os.kill(run, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


if stage and "KILLED_JOBS" in os.environ:
    os.replace = kill_once
