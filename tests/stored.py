"""Attempts to store, by hand and by chance, and sound to go with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, get_args

from hypothesis import strategies as st

from voice_coach.history.archive import Archive, new_id
from voice_coach.records import (
    VERDICTS,
    AnswerSource,
    Attempt,
    Delivery,
    EndReason,
    Finding,
    FollowUp,
    Judgement,
    RedFlag,
    Span,
    Transcript,
    Word,
)

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 1, 5, 9, 0, 12, tzinfo=UTC)

spans = st.builds(
    lambda first, length: Span(first=first, stop=first + length), st.integers(0, 999), st.integers(1, 99)
)
samples = st.integers(0, 2**40)
fractions = st.floats(0, 1)
texts = st.text(max_size=20)
judgements = st.builds(
    Judgement,
    rubric=texts,
    graded=st.booleans(),
    not_graded=st.none() | texts,
    findings=st.lists(
        st.builds(
            Finding,
            concept=texts,
            verdict=st.sampled_from(VERDICTS),
            confidence=fractions,
            evidence=st.lists(spans, max_size=2).map(tuple),
        ),
        max_size=4,
    ).map(tuple),
    red_flags=st.lists(st.builds(RedFlag, id=texts, evidence=spans), max_size=3).map(tuple),
    versions=st.dictionaries(texts, texts, max_size=2),
)
transcripts = st.builds(
    Transcript,
    words=st.lists(
        st.builds(
            Word,
            text=texts,
            start=st.none() | samples,
            stop=st.none() | samples,
            probability=st.none() | fractions,
        ),
        max_size=5,
    ).map(tuple),
    settings=st.dictionaries(
        texts, st.none() | st.booleans() | st.integers(-(2**40), 2**40) | fractions | texts, max_size=3
    ),
)
follow_ups = st.lists(
    st.builds(FollowUp, concept=texts, question=texts, first=st.integers(0, 999), start=st.none() | samples),
    min_size=1,
    max_size=2,
).map(tuple)


def followed_up(attempt: Attempt, asked: tuple[tuple[FollowUp, ...], Judgement] | None) -> Attempt:
    """The attempt with follow-ups and the judgement after them, or as it is."""
    return attempt.model_copy(update={"follow_ups": asked[0], "prompted": asked[1]}) if asked else attempt


plain_attempts = st.builds(
    Attempt,
    id=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)).map(new_id),  # noqa: DTZ001
    drill=texts,
    asked_at=st.datetimes(
        datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        datetime(2040, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7)), timezone(timedelta(minutes=345))]),
    ),
    source=st.sampled_from(get_args(AnswerSource)),
    ended=st.sampled_from(get_args(EndReason)),
    samples=st.none() | samples,
    audio=st.none(),
    transcript=transcripts,
    judgement=judgements,
    delivery=st.builds(
        Delivery, words=samples, samples=st.none() | samples, words_per_minute=st.none() | fractions
    ),
    interview=st.none() | texts,
    notices=st.lists(texts, max_size=2).map(tuple),
)
attempts = st.builds(followed_up, plain_attempts, st.none() | st.tuples(follow_ups, judgements))


def attempt(attempt_id: str = "20260105-090012-k7q", asked_at: datetime = START) -> Attempt:
    return Attempt(
        id=attempt_id,
        drill="support-assistant",
        asked_at=asked_at,
        source="microphone",
        ended="done",
        samples=32_000,
        transcript=Transcript(
            words=(Word(text="cap", start=0, stop=800, probability=0.9), Word(text="tokens"))
        ),
        judgement=Judgement(
            rubric="core",
            findings=(
                Finding(
                    concept="cost", verdict="explained", confidence=0.8, evidence=(Span(first=0, stop=2),)
                ),
                Finding(concept="rollout", verdict="missed", confidence=0.7),
            ),
            red_flags=(RedFlag(id="prompt-only", evidence=Span(first=1, stop=2)),),
        ),
        delivery=Delivery(words=2),
    )


def sound(path: Path) -> None:
    path.write_bytes(b"sound")


def other_sound(path: Path) -> None:
    path.write_bytes(b"other")


def files(archive: Archive) -> list[str]:
    return sorted(path.name for path in archive.audio.iterdir())
