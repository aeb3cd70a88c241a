"""What verdicts, reasons, ceilings and statuses are called, in a terminal and on a page: the one place for it."""

from typing import NamedTuple

from ..explanations import CONSTANT, EXPLAINED, MISSING, NOT_ABOVE_CHANCE, NOT_CONVERGED, OK, PREDICTS_ONLY, UNEXPLAINED
from .reasons import CEILINGS, EXPLAINER, NEURON, NO_WORD, SIMULATOR, TOO_SHORT
from .scores import CONSTANT_SIMULATION, NO_EFFECT


class Words(NamedTuple):
    """A few words, and what they mean in full."""

    short: str
    told: str


VERDICTS = {
    EXPLAINED: Words("beats chance", "predicted, and better than by random concepts"),
    PREDICTS_ONLY: Words("only predicts", "predicted, but no better than by random concepts"),
    NOT_ABOVE_CHANCE: Words("not above chance", "no better than with images exchanged"),
}
"""Of the surest first."""

WHY_NOT = {
    TOO_SHORT: Words(
        "explanation too short",
        "it is too short: more of these concepts, or others of them, predict the neuron",
    ),
    SIMULATOR: Words(
        "simulator does not see its concepts",
        "the simulator does not see these concepts as the explainer does",
    ),
    EXPLAINER: Words(
        "explainer does not see what the simulator does",
        "the explainer, or the labels, do not show what the simulator sees",
    ),
    NO_WORD: Words(
        "no word for it",
        "there is no word for it: the images tell what the neuron does, and no concept here says it",
    ),
    NEURON: Words(
        "nothing predicts it much better",
        "nothing that was tried predicts the neuron much better from these images",
    ),
}
"""Why a neuron is not explained."""

CEILING = dict(zip(CEILINGS, ("10 concepts", "all concepts", "all by the simulator", "image embeddings"), strict=True))

STATUS = {
    OK: "explained",
    UNEXPLAINED: "unexplained",
    CONSTANT: "constant",
    CONSTANT_SIMULATION: "simulation is constant",
    MISSING: "not in the file",
    NO_EFFECT: "no effect on the output",
    NOT_CONVERGED: "not converged",
}


def verdict_text(verdict: str) -> str:
    """A verdict, or the status in its place, in a few words."""
    return VERDICTS[verdict].short if verdict in VERDICTS else status_text(verdict)


def status_text(status: str) -> str:
    return STATUS.get(status, status.replace("_", " "))
