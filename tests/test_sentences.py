"""A clause never explains more than the sentence that it begins."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voice_coach.check.reader import VERDICTS_READ
from voice_coach.check.sentences import sentences, within_sentences
from voice_coach.check.stretches import stretches
from voice_coach.records import Span, Word

EXPLAINED = VERDICTS_READ.index("explained")


def words_of(text: str) -> tuple[Word, ...]:
    return tuple(Word(text=word) for word in text.split())


def completed(text: str, *spans: tuple[int, int]) -> list[int]:
    return list(sentences([Span(first=a, stop=b) for a, b in spans], words_of(text)))


def test_a_clause_is_completed_by_the_pair_in_which_its_sentence_ends() -> None:
    assert completed("Two checks by hand, I'd leave that. And", (0, 4), (4, 7), (0, 7)) == [2, 1, 2]


def test_a_pair_that_goes_on_into_the_next_sentence_completes_nothing() -> None:
    assert completed("We cache it. Then we wait, and so", (0, 3), (3, 6), (0, 6), (3, 8)) == [0, 1, 2, 3]
    assert completed("Well, we cache it. Good. So", (0, 1), (0, 5)) == [0, 1]


def test_without_full_stops_every_stretch_stands_for_itself() -> None:
    assert completed("we cache it and then we wait", (0, 3), (3, 7), (0, 7)) == [0, 1, 2]


def test_what_the_rest_of_the_sentence_sets_aside_is_not_explained() -> None:
    own = np.array([[0.1, 0.8, 0, 0.1, 0], [0.2, 0.1, 0, 0.7, 0], [0.1, 0.3, 0, 0.6, 0]])
    held = within_sentences(own, np.array([2, 1, 2]))
    assert held.tolist() == [own[2].tolist(), own[1].tolist(), own[2].tolist()]


def test_what_only_the_whole_sentence_explains_leaves_its_clauses_as_they_are() -> None:
    own = np.array([[0.7, 0.2, 0.1, 0, 0], [0.1, 0.8, 0.1, 0, 0]])
    assert within_sentences(own, np.array([1, 1])).tolist() == own.tolist()


@given(
    st.lists(
        st.sampled_from(["so", "cache", "stop.", "wait,", "why?", "we", "\u201cno.\u201d"]), max_size=60
    ),
    st.integers(0, 9),
)
def test_only_explanations_shrink(said: list[str], seed: int) -> None:
    words = [Word(text=word) for word in said]
    spans = stretches(words, "")
    own = np.random.default_rng(seed).dirichlet(np.ones(len(VERDICTS_READ)), len(spans))
    whole = sentences(spans, words)
    held = within_sentences(own.reshape(len(spans), len(VERDICTS_READ)), whole)
    for at, other in enumerate(whole):
        assert spans[other].first == spans[at].first
        assert spans[other].stop >= spans[at].stop
        assert held[at, EXPLAINED] == min(own[at, EXPLAINED], own[other, EXPLAINED])
