"""Settings of all tests."""

import ctypes
import gc

from hypothesis import settings

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
