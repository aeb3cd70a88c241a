"""On which images explanations err: over all neurons, and of each image the neurons of which that holds most."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .image_facts import Highest
from .intervals import standardised
from .layer import Explained, LayerFiles, image_means, places_of, read_activations, read_simulated_rows
from .scripts import short

MOST_NEURONS = 6
WORST_IMAGES = 12


class ImageErrors(NamedTuple):
    """Errors of the best explanations on some images, in standard deviations of each neuron.

    Attributes
    ----------
    rms
        (n,) root mean square over the neurons that vary; 1 is what means of neurons alone would reach on average.
    worst
        Of each image the neurons that err most; positive where they are more active than explained.
    """

    rms: NDArray[np.float64]
    worst: Highest

    def of(self, k: int) -> list[list[Any]]:
        """Place and error of the neurons that err most on the k-th image."""
        pairs = zip(self.worst.columns[k].tolist(), self.worst.values[k].tolist(), strict=True)
        return [[place, short(error, 3)] for place, error in pairs if error]


def errors_on(files: LayerFiles, explained: Explained, methods: Sequence[str], rows: NDArray[np.intp]) -> ImageErrors:
    """What the explanations of neurons leave on some images, each brought to its neuron's scale by least squares there.

    Parameters
    ----------
    methods
        (n_neurons,) whose explanation of each neuron counts.
    rows
        Of the images.
    """
    squares, varying, worst = np.zeros(len(rows)), 0, Highest(len(rows), MOST_NEURONS, np.abs)
    for places in explained.groups():
        real = read_activations(files.activations, explained.neurons[places])[rows]
        simulated = np.zeros_like(real)
        of_group = np.array(methods[places])
        for method in np.unique(of_group).tolist():
            some = image_means(read_simulated_rows(files.simulations[method], places), places_of(files))[rows]
            simulated[:, of_group == method] = some[:, of_group == method]
        u, v = standardised(real), standardised(simulated)
        errors = u - (u * v).mean(axis=0) * v
        squares += (errors**2).sum(axis=1)
        varying += int((u != 0).any(axis=0).sum())
        worst.add(places.start, errors)
    return ImageErrors(np.sqrt(squares / max(varying, 1)), worst)
