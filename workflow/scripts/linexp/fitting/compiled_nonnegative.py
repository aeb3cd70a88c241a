"""The compiled loop of least squares without negative weights, of many small problems."""

import numba

MAX_SWEEPS = 10_000
STILL = 1e-9


@numba.njit(cache=True, nogil=True)
def nonnegative(grams, right, weights):
    """Minimise ½·wᵀGw − cᵀw over w ≥ 0 by coordinate descent, until no weight moves by more than `STILL`.

    Parameters
    ----------
    grams
        (n, k, k) with positive diagonals.
    right
        (n, c, k) of c problems each.
    weights
        (n, c, k) to be filled.
    """
    n, c, k = right.shape
    weights[:] = 0.0
    for number in range(n):
        gram = grams[number]
        for problem in range(c):
            w, target = weights[number, problem], right[number, problem]
            for _ in range(MAX_SWEEPS):
                largest = 0.0
                for j in range(k):
                    pull = target[j]
                    for i in range(k):
                        if i != j:
                            pull -= gram[j, i] * w[i]
                    new = max(pull / gram[j, j], 0.0)
                    largest = max(largest, abs(new - w[j]))
                    w[j] = new
                if largest <= STILL:
                    break
