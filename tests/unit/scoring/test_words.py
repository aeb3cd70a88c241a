"""Whatever a table of scores says in names has words."""

from linexp import explanations
from linexp.scoring import words
from linexp.scoring.reasons import CEILINGS, REASONS


def test_there_are_words_for_every_verdict_reason_and_ceiling():
    verdicts = (explanations.EXPLAINED, explanations.PREDICTS_ONLY, explanations.NOT_ABOVE_CHANCE)
    assert tuple(words.VERDICTS) == verdicts, "the surest first"
    assert tuple(words.WHY_NOT) == REASONS
    assert list(words.CEILING) == CEILINGS


def test_a_status_in_the_place_of_a_verdict_has_words_too():
    assert words.verdict_text("predicts_only") == "only predicts"
    assert words.verdict_text("missing") == "not in the file"
    assert words.verdict_text("of_another_kind") == "of another kind"
