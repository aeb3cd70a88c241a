"""Memory that a process may keep."""

import ctypes
import subprocess
import sys

import pytest

MEASURED = """
import resource
from linexp.jobs.runtime import keep_freed_memory

def faults(megabytes):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(4):
        bytearray(megabytes * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

given_back = faults(50)
keep_freed_memory()
faults(50)
print(given_back, faults(50))
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs glibc")
def test_memory_that_is_kept_is_not_fetched_again_page_by_page():
    output = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True).stdout
    given_back, kept = map(int, output.split())
    assert kept < given_back / 20
