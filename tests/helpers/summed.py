"""What sums over blocks come to, in one call, for tests."""

from linexp.concepts.moments import CrossMoments, CrossMomentsSum, Moments, MomentsSum
from linexp.concepts.presence import ConceptStatistics, StatisticsSum


def _summed(sums, *blocks):
    """The sums with all blocks added; of several kinds of blocks those at one place belong together."""
    for parts in zip(*blocks, strict=True):
        sums.add(*parts)
    return sums


def second_moments(blocks) -> Moments:
    """Moments of blocks of rows."""
    blocks = list(blocks)
    return _summed(MomentsSum(blocks[0].shape[1], threads=2), blocks).moments()


def cross_moments(p_blocks, q_blocks, p_mean) -> CrossMoments:
    """Moments of activations and of P with them, in blocks of the same rows."""
    return _summed(CrossMomentsSum(p_mean, threads=2), p_blocks, q_blocks).moments()


def concept_statistics(blocks) -> ConceptStatistics:
    """Statistics of the columns of blocks of rows."""
    blocks = list(blocks)
    sums = StatisticsSum(blocks[0][0])
    for block in blocks:
        sums.add(sums.of_block(block))
    return sums.statistics()
