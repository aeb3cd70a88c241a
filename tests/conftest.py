"""Settings of all tests."""

import ctypes
import gc
import os

from hypothesis import settings

# before torch is loaded: small networks are slower with several threads, and workers share the cores
os.environ.setdefault("OMP_NUM_THREADS", "1")

# a busy machine must not fail a test
settings.register_profile("linexp", deadline=None)
settings.load_profile("linexp")


def pytest_runtest_teardown(item, nextitem):
    """Give back what the tests of a file took, as networks stay in a process's memory otherwise."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim:
            trim(0)
