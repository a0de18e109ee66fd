"""The transcript with its evidence: every word once, in order, in lines that a person reads."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.show_sample import RUBRIC, attempt, printed, transcript
from voice_coach.records import (
    SAMPLE_RATE,
    Finding,
    Judgement,
    Span,
    Transcript,
    Word,
)
from voice_coach.show.page import Page
from voice_coach.show.transcript import MOST_WORDS, Line, marked, marked_line, timed_lines, word_marks

WORDS = st.builds(
    Word,
    text=st.from_regex(r"[a-z]{1,12}[.?!,]?[\"”]?", fullmatch=True),
    start=st.integers(0, 10**6) | st.none(),
    stop=st.integers(0, 10**6) | st.none(),
)


@given(words=st.lists(WORDS, max_size=80))
def test_every_word_is_in_one_line_and_in_order(words: list[Word]) -> None:
    lines = timed_lines(Transcript(words=tuple(words)))
    assert [n for line in lines for n in range(line.first, line.stop)] == list(range(len(words)))
    assert all(0 < line.stop - line.first <= MOST_WORDS for line in lines)
    assert all(line.start == words[line.first].start for line in lines)


def test_lines_end_at_sentences_and_pauses_and_share_long_sentences_evenly() -> None:
    heard = list(transcript("One two. “Three?” four five").words)
    heard[4] = heard[4].model_copy(update={"start": heard[4].start + SAMPLE_RATE, "stop": 10**6})  # type: ignore[operator] # it has times
    lines = timed_lines(Transcript(words=tuple(heard)))
    assert [(line.first, line.stop) for line in lines] == [(0, 2), (2, 3), (3, 4), (4, 5)]
    long = timed_lines(transcript("word " * 30))
    assert [(line.first, line.stop) for line in long] == [(0, 10), (10, 20), (20, 30)]


@settings(deadline=None)
@given(
    spans=st.lists(
        st.tuples(st.integers(0, 19), st.integers(1, 9), st.sampled_from(["latency", "cost", "human"])),
        max_size=6,
    )
)
def test_any_evidence_leaves_the_words_as_they_are_and_closes_what_it_opens(
    spans: list[tuple[int, int, str]],
) -> None:
    text = " ".join(f"w{n}" for n in range(20))
    findings = tuple(
        Finding(
            concept=name,
            verdict="explained",
            confidence=1,
            evidence=(Span(first=first, stop=first + length),),
        )
        for first, length, name in spans
    )
    answered = attempt(Judgement(rubric="core", findings=findings)).model_copy(
        update={"transcript": transcript(text, typed=True)}
    )
    shown = " ".join(printed(marked(answered, RUBRIC), 96).split())
    depth = 0
    bare = ""
    in_label = False
    for character in shown:
        depth += (character == "«") - (character == "»")
        assert depth in {0, 1}
        in_label = (in_label or character == "[") and character != "]"
        bare += "" if in_label or character in "«»]" else character
    assert depth == 0
    assert bare == text


def test_overlapping_evidence_is_marked_by_what_holds_for_each_stretch() -> None:
    line = marked_line(attempt().transcript, word_marks(attempt(), RUBRIC), Line(0, 9, None))
    shown = printed(Page(line))
    assert shown == "So «we stream the answer,»[Latency] «with a small model,»[Cost; Latency]\n"


def test_long_pauses_are_shown_where_they_are() -> None:
    heard = list(transcript("One two three").words)
    heard[2] = heard[2].model_copy(update={"start": 3 * SAMPLE_RATE, "stop": 4 * SAMPLE_RATE})
    answered = attempt(Judgement(rubric="core")).model_copy(
        update={"transcript": Transcript(words=tuple(heard))}
    )
    assert printed(marked(answered, RUBRIC)) == " 0:01  One two (pause 1.3 s)\n 0:03  three\n"
