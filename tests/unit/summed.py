"""Moments of blocks in one call, for tests."""

from linexp.moments import CrossMoments, CrossMomentsSum, Moments, MomentsSum


def second_moments(blocks) -> Moments:
    """Moments of blocks of rows."""
    blocks = list(blocks)
    sums = MomentsSum(blocks[0].shape[1], threads=2)
    for block in blocks:
        sums.add(block)
    return sums.moments()


def cross_moments(p_blocks, q_blocks, p_mean) -> CrossMoments:
    """Moments of activations and of P with them, in blocks of the same rows."""
    sums = CrossMomentsSum(p_mean, threads=2)
    for p, q in zip(p_blocks, q_blocks, strict=True):
        sums.add(p, q)
    return sums.moments()
