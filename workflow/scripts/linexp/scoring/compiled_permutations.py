"""The compiled loop that counts permutations. It holds no lock, so several threads can run it, each on its neurons."""

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def count_reaching(simulated, activations, orders, needed, counts):
    """Count the permutations of the images whose sum of products reaches what is needed.

    Parameters
    ----------
    simulated, activations
        (n_images, n_places, n_neurons) float64; with images go all their places, each to its own.
    orders
        (n_permutations, n_images) int32.
    needed
        (n_neurons,) the sums to reach.
    counts
        (n_neurons,) to add to.
    """
    n_images, n_places, n_neurons = simulated.shape
    total = np.empty(n_neurons)
    for order in orders:
        total[:] = 0.0
        for image in range(n_images):
            for place in range(n_places):
                row, other = simulated[image, place], activations[order[image], place]
                for neuron in range(n_neurons):
                    total[neuron] += row[neuron] * other[neuron]
        for neuron in range(n_neurons):
            counts[neuron] += total[neuron] >= needed[neuron]
