"""The compiled loops of the elastic net and of the greedy search.

They are in one file because numba's cache notices an edit of the file that a function is in, but not of the files that
it calls into. They hold no lock, so several threads can run them, each on its own neurons.
"""

import numba
import numpy as np

MAX_ROUNDS = 500
MAX_SWEEPS = 1000
TIE = 1e-9
# a literal as an argument makes numba compile the function for it and once more for all other values
NO_LENGTH = np.int64(0)


@numba.njit(cache=True)
def factorise(matrix, lower):
    """Cholesky factorisation of a small symmetric matrix into `lower`.

    Parameters
    ----------
    matrix
        (n, n) symmetric.
    lower
        (n, n) to be filled; only its lower triangle is.

    Returns
    -------
    float
        The determinant; 0 where the matrix is not positive definite.
    """
    determinant = 1.0
    for row in range(len(matrix)):
        for column in range(row + 1):
            rest = matrix[row, column]
            for inner in range(column):
                rest -= lower[row, inner] * lower[column, inner]
            if row > column:
                lower[row, column] = rest / lower[column, column]
            elif rest <= 0.0:
                return 0.0
            else:
                lower[row, row] = np.sqrt(rest)
                determinant *= rest
    return determinant


@numba.njit(cache=True)
def solve(lower, right):
    """Solve L Lᵀ x = right for a factor from `factorise`; (n,) in, (n,) out."""
    solution = right.astype(np.float64)
    size = len(right)
    for row in range(size):
        for inner in range(row):
            solution[row] -= lower[row, inner] * solution[inner]
        solution[row] /= lower[row, row]
    for row in range(size - 1, -1, -1):
        for inner in range(row + 1, size):
            solution[row] -= lower[inner, row] * solution[inner]
        solution[row] /= lower[row, row]
    return solution


@numba.njit(cache=True)
def submatrix(matrix, chosen):
    """The rows and columns `chosen` of a symmetric matrix."""
    size = len(chosen)
    part = np.empty((size, size))
    for row in range(size):
        for column in range(size):
            part[row, column] = matrix[chosen[row], chosen[column]]
    return part


@numba.njit(cache=True)
def _violation(weight, gradient, l1, l2):
    """How far a weight is from its optimality condition; `gradient` is c − Gw."""
    residual = gradient - l2 * weight
    if weight == 0.0:
        return max(abs(residual) - l1, 0.0)
    return abs(residual - np.sign(weight) * l1)


@numba.njit(cache=True)
def _sweep_until_still(gram, weights, gradient, l1, l2, still):
    """Coordinate descent on a small problem, in place, until no weight moves by more than `still`."""
    for _ in range(MAX_SWEEPS):
        largest = 0.0
        for j in range(len(weights)):
            pull = gradient[j] + gram[j, j] * weights[j]
            new = np.sign(pull) * max(abs(pull) - l1, 0.0) / (gram[j, j] + l2)
            change = new - weights[j]
            if change != 0.0:
                weights[j] = new
                for i in range(len(weights)):
                    gradient[i] -= change * gram[j, i]
                largest = max(largest, abs(change))
        if largest <= still:
            return


@numba.njit(cache=True)
def _solve_for_signs(gram, weights, target, l1, l2):
    """Solve the optimality conditions exactly for the signs of `weights`, in place if the signs stay."""
    support = np.flatnonzero(weights)
    if len(support) == 0:
        return
    matrix = submatrix(gram, support)
    right = np.empty(len(support))
    for i in range(len(support)):
        matrix[i, i] += l2
        right[i] = target[support[i]] - l1 * np.sign(weights[support[i]])
    lower = np.empty_like(matrix)
    if factorise(matrix, lower) == 0.0:
        return
    solution = solve(lower, right)
    for i in range(len(support)):
        if solution[i] * weights[support[i]] <= 0.0:
            return
    for i in range(len(support)):
        weights[support[i]] = solution[i]


@numba.njit(cache=True)
def _fit_neuron(gram, target, l1, l2, tolerance, weights):
    """Fit one neuron in place; returns the largest violation of optimality that is left."""
    active = np.zeros(len(target), dtype=np.bool_)
    gradient = target.astype(np.float64)
    worst = np.inf
    still = 1e-3
    for _ in range(MAX_ROUNDS):
        previous, worst = worst, 0.0
        for j in range(len(target)):
            worst = max(worst, _violation(weights[j], gradient[j], l1, l2))
        if worst <= tolerance:
            break
        for j in range(len(target)):
            if _violation(weights[j], gradient[j], l1, l2) > 0.25 * worst:
                active[j] = True
        if worst > 0.1 * previous:
            still = max(0.1 * still, 1e-16)
        chosen = np.flatnonzero(active)
        small_gram = submatrix(gram, chosen)
        small_weights, small_gradient = weights[chosen], gradient[chosen]
        _sweep_until_still(small_gram, small_weights, small_gradient, l1, l2, still)
        _solve_for_signs(small_gram, small_weights, target[chosen], l1, l2)
        weights[chosen] = small_weights
        gradient[:] = target
        for j in chosen:
            if weights[j] != 0.0:
                for i in range(len(target)):
                    gradient[i] -= weights[j] * gram[j, i]
    return worst


@numba.njit(cache=True, nogil=True)
def fit_neurons(gram, targets, l1, l2, tolerance, weights, violations):
    for neuron in range(len(targets)):
        violations[neuron] = _fit_neuron(gram, targets[neuron], l1, l2, tolerance, weights[neuron])


@numba.njit(cache=True)
def _next_candidate(weights, covariance, taken, positive):
    """The index of the next concept in the order of candidates, or -1; `positive` are those that have such a weight."""
    best = _first_of(positive, weights, covariance, taken)
    if best < 0 or weights[best] <= 2 * TIE:  # else no concept without a weight can be before it
        best = _first_of(np.arange(len(weights)), weights, covariance, taken)
    return best


@numba.njit(cache=True)
def _first_of(concepts, weights, covariance, taken):
    """The first of some concepts in the order of candidates, or -1."""
    highest = -np.inf
    for j in concepts:
        if not taken[j]:
            highest = max(highest, weights[j])
    best, closest = -1, -np.inf
    for j in concepts:
        if not taken[j] and weights[j] >= highest - TIE and covariance[j] > closest + TIE:
            best, closest = j, covariance[j]
    return best


@numba.njit(cache=True)
def _least_squares(gram, covariance, chosen, max_condition):
    """Weights that minimise the squared error on train with the chosen concepts (Eq. 7); empty if singular."""
    part = submatrix(gram, chosen)
    lower = np.empty_like(part)
    determinant = factorise(part, lower)
    size = len(chosen)
    # λ_max ≤ size and λ_min ≥ det·((size−1)/size)^(size−1): only small determinants need the eigenvalues
    if determinant * max_condition < 3.0 * size:
        eigenvalues = np.linalg.eigvalsh(part)
        if eigenvalues[0] * max_condition < max(eigenvalues[-1], 1.0):
            return np.empty(0)
    return solve(lower, covariance[chosen])


@numba.njit(cache=True)
def _correlation(weights, chosen, gram, covariance, variance):
    """Correlation of the model's prediction with the neuron on val; 0 where the prediction is constant."""
    explained, spread = 0.0, 0.0
    for i in range(len(chosen)):
        explained += weights[i] * covariance[chosen[i]]
        for j in range(len(chosen)):
            spread += weights[i] * weights[j] * gram[chosen[i], chosen[j]]
    if spread <= 1e-14 or variance <= 0.0:
        return 0.0
    return explained / np.sqrt(spread * variance)


@numba.njit(cache=True)
def _search_neuron(
    gram, cov, val_gram, val_cov, val_var, weights, max_concepts, width, tolerance, max_condition, shortest
):
    """Algorithm 1 for one neuron: the chosen concepts in the order of choice, their correlation on val.

    Where no candidate of a round is good enough the best of them is taken all the same, up to `shortest` concepts.
    """
    size, positive = len(weights), np.flatnonzero(weights > 0.0)
    order = np.empty(size, np.int64)
    taken = np.zeros(size, np.bool_)
    ordered = 0
    gone = np.zeros(size, np.bool_)  # selected or bad
    chosen = np.empty(0, np.int64)
    reached = 0.0
    while len(chosen) < max_concepts:
        needed = reached + tolerance if len(chosen) else 0.0
        best, best_correlation = -1, reached
        best_bad, bad_correlation = -1, 0.0
        tried, position = 0, 0
        while tried < width:
            if position == ordered:
                candidate = _next_candidate(weights, cov, taken, positive)
                if candidate < 0:
                    break
                order[ordered] = candidate
                taken[candidate] = True
                ordered += 1
            candidate = order[position]
            position += 1
            if gone[candidate]:
                continue
            tried += 1
            extended = np.append(chosen, candidate)
            model = _least_squares(gram, cov, extended, max_condition)
            correlation = -1.0
            if len(model):
                correlation = _correlation(model, extended, val_gram, val_cov, val_var)
            if correlation < needed or correlation <= 0.0:
                gone[candidate] = True
                if correlation > bad_correlation + TIE:
                    best_bad, bad_correlation = candidate, correlation
            elif best < 0 or correlation > best_correlation + TIE:
                best, best_correlation = candidate, correlation
        if best < 0 and len(chosen) < shortest:
            best, best_correlation = best_bad, bad_correlation
        if best < 0:
            break
        chosen = np.append(chosen, best)
        gone[best] = True
        reached = best_correlation
    return chosen, reached


@numba.njit(cache=True)
def _top_neuron(gram, cov, val_gram, val_cov, val_var, weights, top_k, max_condition):
    """The first `top_k` concepts in the order of candidates that have a weight and are not singular."""
    taken, positive = weights == 0.0, np.flatnonzero(weights > 0.0)
    chosen = np.empty(0, np.int64)
    while len(chosen) < top_k:
        candidate = _next_candidate(weights, cov, taken, positive)
        if candidate < 0:
            break
        taken[candidate] = True
        extended = np.append(chosen, candidate)
        if len(_least_squares(gram, cov, extended, max_condition)):
            chosen = extended
    if len(chosen) == 0:
        return chosen, 0.0
    model = _least_squares(gram, cov, chosen, max_condition)
    return chosen, _correlation(model, chosen, val_gram, val_cov, val_var)


@numba.njit(cache=True)
def _select(gram, cov, val_gram, val_cov, val_var, weights, sizes, limits, shortest, chosen, model):
    """Fill in the chosen concepts of one neuron and their weights; returns their correlation on val."""
    max_concepts, width = sizes
    tolerance, max_condition = limits
    if width:
        found, correlation = _search_neuron(
            gram, cov, val_gram, val_cov, val_var, weights, max_concepts, width, tolerance, max_condition, shortest
        )
    else:
        found, correlation = _top_neuron(gram, cov, val_gram, val_cov, val_var, weights, max_concepts, max_condition)
    chosen[: len(found)] = found
    if len(found):
        model[: len(found)] = _least_squares(gram, cov, found, max_condition)
    return correlation


@numba.njit(cache=True, nogil=True)
def select_concepts(gram, covs, val_gram, val_covs, val_vars, weights, sizes, limits, chosen, models, reached):
    for neuron in range(len(covs)):
        reached[neuron] = _select(
            gram,
            covs[neuron],
            val_gram,
            val_covs[neuron],
            val_vars[neuron],
            weights[neuron],
            sizes,
            limits,
            NO_LENGTH,
            chosen[neuron],
            models[neuron],
        )


@numba.njit(cache=True, nogil=True)
def select_in_each(
    grams, covs, val_grams, val_covs, val_vars, penalties, sizes, limits, tolerance_of_weights, chosen, models
):
    """Elastic net and choice of concepts where each row has Gram matrices of its own, (n, m, m).

    All have the same number of concepts, the first of `sizes`, as far as there are so many to choose.
    """
    l1, l2 = penalties
    for row in range(len(grams)):
        weights = np.zeros(covs.shape[1])
        _fit_neuron(grams[row], covs[row], l1, l2, tolerance_of_weights, weights)
        _select(
            grams[row],
            covs[row],
            val_grams[row],
            val_covs[row],
            val_vars[row],
            weights,
            sizes,
            limits,
            sizes[0],
            chosen[row],
            models[row],
        )
