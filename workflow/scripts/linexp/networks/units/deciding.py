"""Whether b_dec is subtracted before encoding, where a file leaves it open: both are tried, and the better is taken."""

import sys
from collections.abc import Iterable, Mapping, Sequence

from ...errors import LinexpError
from .reconstruction import Counted, Reconstruction

SUBTRACT_BIAS = "subtract_bias"
"""The key of an entry, and the attribute of the activations, that say it."""
ALIKE = 0.02
"""Shares of the variance left that differ by less, relative to the larger, do not tell which is right."""

Tried = Mapping[bool, Sequence[Counted]]
"""Of some places, the sums with b_dec subtracted and without."""


def better(tried: Iterable[Tried], source: str, allow_poor: bool) -> bool:
    """Whether to subtract, which is printed with what both ways leave.

    Parameters
    ----------
    tried
        Of all places.
    source
        For messages.
    allow_poor
        Take the better even if they are alike: the entry says that it does not matter how much is left.

    Raises
    ------
    LinexpError
        They are alike.
    """
    ways = {True: Reconstruction(), False: Reconstruction()}
    for of_both in tried:
        for way, found in ways.items():
            found.add(of_both[way])
    left = {way: found.share_left for way, found in ways.items()}
    taken = left[True] < left[False]
    said = f"{source} leaves {left[True]:.3g} times the variance of the layer with b_dec subtracted first"
    said += f", and {left[False]:.3g} without"
    if left[taken] > (1 - ALIKE) * left[not taken] and not allow_poor:
        remedy = f"say in the entry which it is, {SUBTRACT_BIAS}: true or {SUBTRACT_BIAS}: false"
        raise LinexpError(f"{said}, which does not tell how it was trained; {remedy}")
    print(
        f"reconstruction: {said}, on some train images; taken is {SUBTRACT_BIAS}: {str(taken).lower()}", file=sys.stderr
    )
    return taken
