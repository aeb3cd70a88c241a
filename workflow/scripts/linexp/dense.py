"""Small dense linear algebra inside compiled loops."""

import numba
import numpy as np


@numba.njit(cache=True)
def factorise(matrix, lower):
    """Cholesky factorisation of a small symmetric matrix into `lower`.

    Args:
        matrix: (n, n) symmetric.
        lower: (n, n) to be filled; only its lower triangle is.

    Returns:
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
    solution = right.copy()
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
