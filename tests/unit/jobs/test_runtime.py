"""What a job says on standard error, which jobs that run side by side share."""

import os
import subprocess
import sys

from linexp.workflow import SCRIPTS

JOB = """
import os, sys
from types import SimpleNamespace
from linexp.jobs import runtime
writes = []
class Recorded:
    def write(self, text): writes.append(text)
    def flush(self): os.write(1, repr(writes).encode()) if writes else None
sys.__stderr__ = Recorded()
runtime.start(SimpleNamespace(log=[sys.argv[1]], scriptdir=sys.argv[2]))
print("one", 2, "three", file=sys.stderr)
print("begun", end="", file=sys.stderr)
"""


def run(tmp_path, code: str) -> subprocess.CompletedProcess:
    """A job with standard error unbuffered, as on many machines."""
    command = [sys.executable, "-c", code, str(tmp_path / "job.log"), str(SCRIPTS)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(SCRIPTS)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_line_is_written_at_once_and_what_was_begun_at_the_end(tmp_path):
    done = run(tmp_path, JOB)
    assert done.stdout == repr(["one 2 three\n", "begun"]), done.stderr
    assert (tmp_path / "job.log").read_text() == "one 2 three\nbegun"


def test_an_error_is_one_line_of_both_streams(tmp_path):
    code = JOB.split("writes = []")[0] + (
        "runtime.start(SimpleNamespace(log=[sys.argv[1]], scriptdir=sys.argv[2]))\n"
        "from linexp.errors import LinexpError\n"
        "raise LinexpError('no images; add some')"
    )
    done = run(tmp_path, code)
    assert (done.returncode, done.stderr) == (1, "linexp: no images; add some\n")
    assert (tmp_path / "job.log").read_text() == done.stderr
