"""What the units of a layer are: what its output is read by, and what changes in it when a unit does."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from torch import Tensor


class Change(Protocol):
    """One unit in the output of a layer, which is changed in place.

    Attributes
    ----------
    pooled
        (n,) float64, the unit's pooled value as it was.
    """

    pooled: Tensor

    def replace(self, values: Tensor, replace: str) -> None:
        """Make the unit's value of each image the given one, (n,) or (1,).

        `shift` adds the same amount to every place that the pooling reads, so that the pooled value becomes the wanted
        one; `constant` puts that value in each of them, or to each its own, (n, …) of the shape of the places.
        """

    def restore(self) -> None:
        """Make the output what it was."""


class Units(Protocol):
    """How one number a unit is read off a layer's output, and how a unit's value is written into it.

    Attributes
    ----------
    channels
        `first` or `last`: where the neurons are in an output of 4 axes.
    names
        Of the units, if they have any.
    is_sparse
        Whether a unit that is never above 0 is dead, and no other.
    """

    channels: str
    names: Sequence[str] | None
    is_sparse: bool

    @property
    def is_undecided(self) -> bool:
        """Whether their file leaves open how they are read (`EncodedUnits.decide`)."""

    def read(self, output: Tensor) -> Tensor:
        """(n, n_units) pooled values: g(A_k(x)) of §3.2.

        Raises
        ------
        LinexpError
            The pooling or the width does not fit the output's shape.
        """

    def maps(self, output: Tensor) -> Tensor:
        """(n, n_units, height, width) float32, what units do at each place of an image.

        Raises
        ------
        LinexpError
            The output has no maps.
        """

    def map_blocks(self, output: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """The same of some images at a time, as many as are in memory together: which they are, and their maps."""

    def neurons(self, output: Tensor) -> Tensor:
        """(n, n_neurons) pooled neurons at the places that are read, which a head may be linear in."""

    def head_weights(self, weight: Tensor) -> Tensor | None:
        """(n_classes, n_units) by which a change of each unit changes the logits; None where no one number says it.

        Parameters
        ----------
        weight
            (n_classes, n_neurons) of the linear map that makes the logits of `neurons`.
        """

    def changes(self, output: Tensor, numbers: Sequence[int]) -> Iterator[Change]:
        """Some units, one after another, to be changed in an output in place; each has to be restored before the next.

        Parameters
        ----------
        numbers
            Of the units.
        """

    def told(self) -> dict[str, float]:
        """What is to be kept of all that was read, by name; it is printed as well.

        Raises
        ------
        LinexpError
            The units cannot be of the layer.
        """

    def described(self, module: str, shape: tuple[int, ...]) -> str:
        """What is recorded of a layer, in one line.

        Parameters
        ----------
        shape
            Of its output for one image.
        """
