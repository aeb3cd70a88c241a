"""The checksum of HDF5 data sets, as a compiled loop."""

import numba
import numpy as np

FLETCHER_BASE = 65535


@numba.njit(cache=True, nogil=True)
def fletcher32(words):
    """The two halves of a Fletcher-32 checksum, as HDF5 stores them.

    HDF5 sums words whose bytes are swapped; that is multiplication by 256 in this arithmetic, so it comes last. A sum
    that is a multiple of the base is the base itself, unless all words are 0.

    Parameters
    ----------
    words
        (n,) uint16, little-endian.
    """
    first, second, nonzero = 0, 0, False
    for begin in range(0, len(words), 256):
        part = words[begin : begin + 256]
        total, weighted = np.uint32(0), np.uint32(0)
        for place in range(len(part)):
            total += np.uint32(part[place])
            weighted += np.uint32(len(part) - place) * np.uint32(part[place])
        nonzero |= total > 0
        second = (second + first * len(part) + np.int64(weighted)) % FLETCHER_BASE
        first = (first + np.int64(total)) % FLETCHER_BASE
    whole = FLETCHER_BASE if nonzero else 0
    return first * 256 % FLETCHER_BASE or whole, second * 256 % FLETCHER_BASE or whole
