"""The compiled loops of the search among all concepts: of one neuron, the best set of every length.

A set knows of every concept what it would add: `left`, its covariance with what the set leaves of the neuron, and
`own`, its variance that the set does not explain. The set with it explains left²/own more. Both follow from those of
the set before and one row of the Gram matrix for each of its concepts, so all concepts are looked at in every step.

The file imports no other compiled loops, as numba's cache notices an edit of the file that a function is in, but not
of the files that it calls into. They hold no lock, so several threads can run them, each on its own neurons.
"""

from typing import NamedTuple

import numba
import numpy as np

TIE = 1e-9
BLOCK = 512
"""Concepts that are looked at together, so that what is computed of them stays in the cache."""

# a literal as an argument makes numba compile the function for it and once more for all other values
FIRST = np.int64(0)


class Sets(NamedTuple):
    """Sets of equally many concepts, a row each.

    Attributes
    ----------
    concepts
        (n, k) in the order in which they were added.
    key
        (n,) the sum of a random number for each concept: the same for the same set.
    inverse
        (n, k, k) of their Gram matrix.
    weights
        (n, k) of least squares.
    explained
        (n,) the part of the neuron's variance that they explain.
    left, own
        (n, m) of every concept, see above; 0 for those of the set.
    """

    concepts: np.ndarray
    key: np.ndarray
    inverse: np.ndarray
    weights: np.ndarray
    explained: np.ndarray
    left: np.ndarray
    own: np.ndarray


class Search(NamedTuple):
    """What holds for all neurons.

    Attributes
    ----------
    keys
        (m,) a random number for each concept.
    swaps
        Whether concepts of a set are exchanged for others while that explains more.
    positive
        Whether all weights have to be positive.
    max_condition
        Of the Gram matrix of a set; beyond it the set is singular.
    """

    keys: np.ndarray
    swaps: bool
    positive: bool
    max_condition: float


class Candidates(NamedTuple):
    """Sets with one more concept, the best first, as (n,) arrays: the row of the set, the concept, its covariance with
    the neuron, what all explain together and the key."""

    row: np.ndarray
    concept: np.ndarray
    covariance: np.ndarray
    explained: np.ndarray
    key: np.ndarray


@numba.njit(cache=True)
def _shares(gram, sets, row, size, concept):
    """(size,) the weights of a set's concepts in the regression of another concept on them."""
    shares = np.zeros(size)
    for i in range(size):
        for j in range(size):
            shares[i] += sets.inverse[row, i, j] * gram[sets.concepts[row, j], concept]
    return shares


@numba.njit(cache=True)
def _regular(gram, sets, row, size, concept, own, max_condition):
    """Whether the Gram matrix of a set and one more concept, of such an own variance, is not singular."""
    if own * max_condition < 1.0:
        return False
    shared = gram[concept, concept] - own
    trace, trace_of_inverse = gram[concept, concept] + 0.0, 0.0
    for i in range(size):
        trace += gram[sets.concepts[row, i], sets.concepts[row, i]]
        trace_of_inverse += sets.inverse[row, i, i]
    trace_of_inverse += (1.0 + max(shared, 0.0) * trace_of_inverse) / own  # at most
    # λ_max is at most the one, 1/λ_min at most the other: few sets need the eigenvalues
    if max(trace, 1.0) * trace_of_inverse <= max_condition:
        return True
    part = np.empty((size + 1, size + 1))
    for i in range(size + 1):
        for j in range(size + 1):
            first = sets.concepts[row, i] if i < size else concept
            second = sets.concepts[row, j] if j < size else concept
            part[i, j] = gram[first, second]
    eigenvalues = np.linalg.eigvalsh(part)
    return eigenvalues[0] * max_condition >= max(eigenvalues[-1], 1.0)


@numba.njit(cache=True)
def _add(gram, covariance, keys, sets, row, size, concept, into, place):
    """Make the row `place` of `into` a set with one more concept, but for `left` and `own`.

    It may be the row itself. Returns the shares of the set in the concept, its own variance and its weight.
    """
    shares = _shares(gram, sets, row, size, concept)
    own, left = gram[concept, concept] + 0.0, covariance[concept] + 0.0
    for i in range(size):
        own -= shares[i] * gram[sets.concepts[row, i], concept]
        left -= shares[i] * covariance[sets.concepts[row, i]]
    weight = left / own
    for i in range(size):
        for j in range(size):
            into.inverse[place, i, j] = sets.inverse[row, i, j] + shares[i] * shares[j] / own
        into.inverse[place, i, size] = into.inverse[place, size, i] = -shares[i] / own
        into.weights[place, i] = sets.weights[row, i] - shares[i] * weight
        into.concepts[place, i] = sets.concepts[row, i]
    into.inverse[place, size, size] = 1.0 / own
    into.weights[place, size] = weight
    into.concepts[place, size] = concept
    into.explained[place] = sets.explained[row] + left * weight
    into.key[place] = sets.key[row] + keys[concept]
    return shares, own, weight


@numba.njit(cache=True)
def _look(gram, sets, row, size, concept, shares, own, weight, into, place):
    """Compute `left` and `own` of the set that `_add` has made."""
    numbers = np.empty(size + 2, gram.dtype)  # in the precision of the Gram matrix, as else the loops would not be
    numbers[size], numbers[size + 1] = weight, 1.0 / own
    for i in range(size):
        numbers[i] = shares[i]
    for begin in range(0, len(gram), BLOCK):
        end = min(begin + BLOCK, len(gram))
        rest = gram[concept, begin:end].copy()
        for i in range(size):
            share, of_member = numbers[i], gram[sets.concepts[row, i], begin:end]
            for j in range(len(rest)):
                rest[j] -= share * of_member[j]
        left_before, own_before = sets.left[row, begin:end], sets.own[row, begin:end]
        left_after, own_after = into.left[place, begin:end], into.own[place, begin:end]
        step, part = numbers[size], numbers[size + 1]
        for j in range(len(rest)):
            left_after[j] = left_before[j] - step * rest[j]
            own_after[j] = own_before[j] - part * rest[j] * rest[j]
    into.left[place, concept] = into.own[place, concept] = 0.0


@numba.njit(cache=True)
def _begin(gram, covariance, sets, row):
    """Make a row the empty set."""
    sets.explained[row], sets.key[row] = 0.0, 0
    for j in range(sets.left.shape[1]):
        sets.left[row, j], sets.own[row, j] = covariance[j], gram[j, j]


@numba.njit(cache=True)
def _n_promising(left, own, needed, smallest):
    """How many concepts explain more than `needed`; without a branch, so that it takes no time."""
    n = 0
    for j in range(len(left)):
        n += (left[j] * left[j] > needed * own[j]) & (own[j] > smallest)
    return n


@numba.njit(cache=True)
def _all_positive(sets, row, size, shares, weight):
    """Whether all weights are positive when a concept of that weight is added."""
    for i in range(size):
        if sets.weights[row, i] <= shares[i] * weight:
            return False
    return weight > 0.0


@numba.njit(cache=True)
def _rank(found, n, concept, covariance, explained):
    """The place of a candidate among those found: ties by covariance, then by index."""
    place = n
    while place > 0:
        other = place - 1
        gain = explained - found.explained[other]
        closer = covariance - found.covariance[other]
        tied = abs(gain) <= TIE
        first = concept < found.concept[other]
        if not (gain > TIE or (tied and (closer > TIE or (abs(closer) <= TIE and first)))):
            break
        place = other
    return place


@numba.njit(cache=True)
def _insert(found, n, place, row, concept, covariance, explained, key):
    """Put a candidate at its place; the last one falls out if there is no room. Returns how many there are."""
    last = min(n, len(found.row) - 1)
    for i in range(last, place, -1):
        before = i - 1
        found.row[i], found.concept[i], found.key[i] = found.row[before], found.concept[before], found.key[before]
        found.covariance[i], found.explained[i] = found.covariance[before], found.explained[before]
    found.row[place], found.concept[place], found.covariance[place] = row, concept, covariance
    found.explained[place], found.key[place] = explained, key
    return last + 1


@numba.njit(cache=True)
def _extend(gram, covariance, task, sets, n_sets, size, found):
    """Find the best sets with one more concept, each once; returns how many there are."""
    n, room = 0, len(found.row)
    limits = np.empty(2, gram.dtype)
    limits[1] = 1.0 / task.max_condition
    for row in range(n_sets):
        for begin in range(0, len(gram), BLOCK):
            end = min(begin + BLOCK, len(gram))
            left, own = sets.left[row, begin:end], sets.own[row, begin:end]
            needed = max(found.explained[room - 1] - TIE - sets.explained[row], 0.0) if n == room else 0.0
            limits[0] = needed
            if _n_promising(left, own, limits[0], limits[1]) == 0:
                continue
            for j in range(len(left)):
                if left[j] * left[j] <= limits[0] * own[j] or own[j] <= limits[1] or (task.positive and left[j] < 0.0):
                    continue
                concept, weight = begin + j, left[j] / (own[j] + 0.0)
                explained = sets.explained[row] + left[j] * weight
                place = _rank(found, n, concept, covariance[concept], explained)
                key = sets.key[row] + task.keys[concept]
                if place == room or np.any(found.key[:n] == key):
                    continue
                if task.positive and not _all_positive(
                    sets, row, size, _shares(gram, sets, row, size, concept), weight
                ):
                    continue
                if _regular(gram, sets, row, size, concept, own[j] + 0.0, task.max_condition):
                    n = _insert(found, n, place, row, concept, covariance[concept], explained, key)
    return n


@numba.njit(cache=True)
def _exchange(gram, covariance, task, sets, row, size, place, concept, into, whole):
    """Make the first row of `into` a set with one concept exchanged for another; False if that is not possible.

    `left` and `own` are computed if `whole`.
    """
    into.explained[0], into.key[0] = 0.0, 0
    if whole:
        _begin(gram, covariance, into, FIRST)
    for i in range(size):
        new = concept if i == place else sets.concepts[row, i]
        own = gram[new, new] + 0.0
        shares = _shares(gram, into, FIRST, i, new)
        for j in range(i):
            own -= shares[j] * gram[into.concepts[0, j], new]
        if not _regular(gram, into, FIRST, i, new, own, task.max_condition):
            return False
        shares, own, weight = _add(gram, covariance, task.keys, into, FIRST, i, new, into, FIRST)
        if whole:
            _look(gram, into, FIRST, i, new, shares, own, weight, into, FIRST)
    return not task.positive or np.all(into.weights[0, :size] > 0.0)


@numba.njit(cache=True)
def _best_exchange(gram, covariance, task, sets, row, size, scratch):
    """The place in a set and the concept to put there that explain most, if more than the set does; else -1 twice.

    Without the i-th concept, of weight w and with H the inverse, left and own of each concept are larger by A·w/H_ii
    and A²/H_ii, where A is the i-th weight of the set in the regression of the concept on it.
    """
    best, best_place, best_concept = sets.explained[row] + TIE, -1, -1
    numbers = np.empty(size + 4, gram.dtype)
    for begin in range(0, len(gram), BLOCK):
        end = min(begin + BLOCK, len(gram))
        buffers = np.empty((3, end - begin), gram.dtype)
        left, own, shares = buffers[0], buffers[1], buffers[2]
        for place in range(size):
            variance, weight = 1.0 / sets.inverse[row, place, place], sets.weights[row, place]
            without = sets.explained[row] - weight * weight * variance
            for i in range(size):
                numbers[i] = sets.inverse[row, place, i]
            numbers[size], numbers[size + 1] = weight * variance, variance
            numbers[size + 2], numbers[size + 3] = best - without, 1.0 / task.max_condition
            shares[:] = 0.0
            for i in range(size):
                part, of_member = numbers[i], gram[sets.concepts[row, i], begin:end]
                for j in range(len(shares)):
                    shares[j] += part * of_member[j]
            left_before, own_before = sets.left[row, begin:end], sets.own[row, begin:end]
            step, square = numbers[size], numbers[size + 1]
            for j in range(len(shares)):
                left[j] = left_before[j] + step * shares[j]
                own[j] = own_before[j] + square * shares[j] * shares[j]
            if _n_promising(left, own, numbers[size + 2], numbers[size + 3]) == 0:
                continue
            for j in range(len(shares)):
                concept = begin + j
                if own[j] <= numbers[size + 3] or without + left[j] * left[j] / (own[j] + 0.0) <= best:
                    continue
                if np.any(sets.concepts[row, :size] == concept):
                    continue
                possible = _exchange(gram, covariance, task, sets, row, size, place, concept, scratch, False)
                if possible and scratch.explained[0] > best:
                    best, best_place, best_concept = scratch.explained[0] + TIE, place, concept
    return best_place, best_concept


@numba.njit(cache=True)
def _copy(sets, row, size, into, place):
    """In loops, as assignments to slices take seconds to compile."""
    into.explained[place], into.key[place] = sets.explained[row], sets.key[row]
    for i in range(size):
        into.concepts[place, i], into.weights[place, i] = sets.concepts[row, i], sets.weights[row, i]
        for j in range(size):
            into.inverse[place, i, j] = sets.inverse[row, i, j]
    for j in range(sets.left.shape[1]):
        into.left[place, j], into.own[place, j] = sets.left[row, j], sets.own[row, j]


@numba.njit(cache=True)
def _new_sets(n, length, gram):
    return Sets(
        np.empty((n, length), np.int64),
        np.zeros(n, np.int64),
        np.empty((n, length, length)),
        np.empty((n, length)),
        np.zeros(n),
        np.empty((n, len(gram)), gram.dtype),
        np.empty((n, len(gram)), gram.dtype),
    )


@numba.njit(cache=True)
def _path(gram, covariance, task, length, space, best_sets):
    """The best set of every length for one neuron; the path ends where no concept can be added."""
    now, then, scratch, found = space
    n_sets = FIRST + 1
    _begin(gram, covariance, now, FIRST)
    for size in range(length):
        n_sets = _extend(gram, covariance, task, now, n_sets, size, found)
        if n_sets == 0:
            return
        best = FIRST
        for place in range(n_sets):
            row, concept = found.row[place], found.concept[place]
            shares, own, weight = _add(gram, covariance, task.keys, now, row, size, concept, then, place)
            _look(gram, now, row, size, concept, shares, own, weight, then, place)
            if then.explained[place] > then.explained[best] + TIE:
                best = place
        while task.swaps:
            place, concept = _best_exchange(gram, covariance, task, then, best, size + 1, scratch)
            if place < 0:
                break
            _exchange(gram, covariance, task, then, best, size + 1, place, concept, scratch, True)
            _copy(scratch, FIRST, size + 1, then, best)
        for i in range(size + 1):
            best_sets[size, i] = then.concepts[best, i]
        now, then = then, now


@numba.njit(cache=True)
def _space(beam, longest, gram):
    """What a path is searched in: sets of a length and of the next one, a set beside them, and candidates."""
    found = Candidates(
        np.empty(beam, np.int64), np.empty(beam, np.int64), np.empty(beam), np.empty(beam), np.empty(beam, np.int64)
    )
    return _new_sets(beam, longest, gram), _new_sets(beam, longest, gram), _new_sets(1, longest, gram), found


@numba.njit(cache=True, nogil=True)
def find_sets(gram, covariances, keys, lengths, beam, swaps, positive, max_condition, best_sets):
    """Fill `best_sets`, (n, k, k), with the best set of every length up to that of each neuron."""
    task, space = Search(keys, swaps, positive, max_condition), _space(beam, best_sets.shape[1], gram)
    for neuron in range(len(covariances)):
        _path(gram, covariances[neuron], task, lengths[neuron], space, best_sets[neuron])


@numba.njit(cache=True, nogil=True)
def find_sets_of_each(grams, covariances, keys, beam, swaps, positive, max_condition, best_sets):
    """The same where each row has a Gram matrix of its own, (n, m, m), and all have the same length."""
    length = best_sets.shape[1]
    task, space = Search(keys, swaps, positive, max_condition), _space(beam, length, grams[0])
    for row in range(len(grams)):
        _path(grams[row], covariances[row], task, length, space, best_sets[row])
