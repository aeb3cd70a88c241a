"""Quantiles of streams of values in memory that does not grow with their length."""

import torch
from torch import Tensor

from ..errors import LinexpError

_LOWEST_EXPONENT, _HIGHEST_EXPONENT = -32, 28
_BINS_A_SIGN = 128 * (_HIGHEST_EXPONENT - _LOWEST_EXPONENT)
_BINS = 2 * _BINS_A_SIGN + 1
_EXPONENT_BIAS = 127
_DROPPED_BITS = 16
_BEFORE_FIRST = 128 * (_LOWEST_EXPONENT + _EXPONENT_BIAS) - 1
_VALUES_A_BLOCK = 2**23
_STREAMS_A_BLOCK = 64


class QuantileSketch:
    """Histograms of n streams of float32 values, 123 kB each, and the lowest and highest value of each stream.

    Bins lie between neighbouring bfloat16 numbers: the upper half of a float32's bits is its bin, and a bin is as wide
    as 2⁻⁷ of its values or less. Values in a bin count as evenly spread, between the extremes of the stream; so an
    order statistic is off by at most 2⁻⁷ (0.8 %) of itself, and a constant stream is exact. Values below 2⁻³² in size
    count as 0, and those from 2²⁸ on share a bin.

    Parameters
    ----------
    streams
        Their number n.
    device
        Of the values.
    """

    def __init__(self, streams: int, device: str | torch.device = "cpu"):
        self._counts = torch.zeros((streams, _BINS), dtype=torch.int64, device=device)
        self.lowest = torch.full((streams,), torch.inf, device=device)
        self.highest = -self.lowest

    @property
    def nbytes(self) -> int:
        """Memory of the histograms in bytes."""
        return self._counts.nbytes

    def add(self, values: Tensor) -> None:
        """Count values, (any, n, any) float32: the middle axis is that of the streams."""
        self.lowest = torch.minimum(self.lowest, values.amin((0, 2)))
        self.highest = torch.maximum(self.highest, values.amax((0, 2)))
        begins = torch.arange(len(self._counts), device=values.device)[:, None] * _BINS + _BINS_A_SIGN
        one = torch.ones((), dtype=torch.int64, device=values.device)
        for block in values.split(max(1, _VALUES_A_BLOCK // values[0].numel())):
            bits = block.contiguous().view(torch.int32)
            size = ((bits & 0x7FFFFFFF) >> _DROPPED_BITS).sub_(_BEFORE_FIRST).clamp_(0, _BINS_A_SIGN)
            bins = (begins + torch.where(bits < 0, -size, size)).flatten()
            self._counts.view(-1).scatter_add_(0, bins, one.expand(bins.shape))

    def quantile(self, share: float) -> Tensor:
        """The value that a `share` of each stream is at or below, (n,) float64 on the CPU, as in `numpy.quantile`.

        Raises
        ------
        LinexpError
            A value was not finite.
        """
        if not (self.lowest.isfinite() & self.highest.isfinite()).all():
            raise LinexpError("activations: there are values that are not finite; check the model and its precision")
        found = []
        for begin in range(0, len(self._counts), _STREAMS_A_BLOCK):
            streams = slice(begin, begin + _STREAMS_A_BLOCK)
            cumulative = self._counts[streams].cpu().cumsum(1)
            lowest, highest = (extreme[streams].double().cpu() for extreme in (self.lowest, self.highest))
            found.append(_quantile(cumulative, lowest, highest, share))
        return torch.cat(found)


def _quantile(cumulative: Tensor, lowest: Tensor, highest: Tensor, share: float) -> Tensor:
    """The quantile of streams of one length, from (n, bins) cumulative counts and (n,) extremes."""
    position = share * (int(cumulative[0, -1]) - 1)
    below = int(position)
    lower, upper = (_order_statistic(cumulative, lowest, highest, rank) for rank in (below, below + 1))
    return torch.lerp(lower, upper, position - below)


def _order_statistic(cumulative: Tensor, lowest: Tensor, highest: Tensor, rank: int) -> Tensor:
    """The value with `rank` values before it, or the highest."""
    rank = min(rank, int(cumulative[0, -1]) - 1)
    place = torch.searchsorted(cumulative, torch.full((len(cumulative), 1), rank), right=True)
    end = cumulative.gather(1, place)[:, 0]
    begin = torch.where(place[:, 0] > 0, cumulative.gather(1, (place - 1).clamp(min=0))[:, 0], 0)
    left, right = (edges[place[:, 0]].clamp(lowest, highest) for edges in _edges())
    return left + (right - left) * ((rank - begin + 0.5) / (end - begin))


def _edges() -> tuple[Tensor, Tensor]:
    """The left and the right edge of every bin, (bins,) float64."""
    numbers = torch.arange(1, _BINS_A_SIGN + 1, dtype=torch.int32) + _BEFORE_FIRST
    inner = (numbers << _DROPPED_BITS).view(torch.float32).double()
    outer = torch.cat([inner[1:], torch.tensor([torch.inf], dtype=torch.float64)])
    zero = torch.zeros(1, dtype=torch.float64)
    return torch.cat([-outer.flip(0), zero, inner]), torch.cat([-inner.flip(0), zero, outer])
