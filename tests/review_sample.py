"""Attempts with fixed words, verdicts and times, for pages and reports: nothing is heard or judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from voice_coach.content.load import Library
from voice_coach.demo import RECORDING
from voice_coach.records import (
    SAMPLE_RATE,
    Attempt,
    Delivery,
    Finding,
    Judgement,
    RedFlag,
    Span,
    Transcript,
    Verdict,
    Word,
)

START = datetime(2026, 1, 5, 9, 0, 12, tzinfo=UTC)
LIBRARY = Library()
"""Read once: sixty files of YAML."""
DRILL = "customer-support-assistant"
SECONDS = 48
HOSTILE = "</span><script>alert(1)</script>"
"""Stands for a word, as a typed answer may hold it."""


def spoken() -> tuple[Word, ...]:
    """The words of the demo's recording, spread over it, with a pause of two seconds and something hostile."""
    text = RECORDING.with_suffix(".txt").read_text("utf-8").split()
    text[3] = HOSTILE
    pace = (SECONDS - 4) * SAMPLE_RATE // len(text)
    starts = [SAMPLE_RATE + n * pace + (2 * SAMPLE_RATE if n >= 20 else 0) for n in range(len(text))]
    return tuple(
        Word(text=word, start=start, stop=start + pace * 4 // 5, probability=0.9)
        for word, start in zip(text, starts, strict=True)
    )


def answer(
    number: int = 0,
    drill: str = DRILL,
    asked_at: datetime = START,
    shift: int = 0,
    **changes: object,
) -> Attempt:
    """An answer in which every fourth concept, counted from `shift`, is explained, named, dismissed or missed."""
    words = spoken()
    needs = LIBRARY.drill(drill).concepts
    verdicts: tuple[Verdict, ...] = ("explained", "missed", "named", "explained", "dismissed")
    findings = tuple(
        finding(need.id, verdicts[(position + shift) % len(verdicts)], position, len(words))
        for position, need in enumerate(needs)
    )
    flags = (RedFlag(id="prompt-only", evidence=Span(first=30, stop=38)),) if number % 3 == 0 else ()
    attempt = Attempt(
        id=f"{asked_at:%Y%m%d-%H%M%S}-k{number:02d}",
        drill=drill,
        asked_at=asked_at,
        source="microphone",
        ended="done",
        samples=SECONDS * SAMPLE_RATE,
        transcript=Transcript(words=words, model="base"),
        judgement=Judgement(
            rubric="core", findings=findings, red_flags=flags, versions={"judge": "1", "rubric": "core@1"}
        ),
        delivery=Delivery(
            words=len(words), samples=SECONDS * SAMPLE_RATE, words_per_minute=140 + 3 * number,
            first_word=SAMPLE_RATE, longest_pause=2 * SAMPLE_RATE,
        ),
    )  # fmt: skip
    return attempt.model_copy(update=changes)


def finding(concept: str, verdict: Verdict, position: int, words: int) -> Finding:
    first = 5 + 9 * position % (words - 10)
    evidence = () if verdict == "missed" else (Span(first=first, stop=first + 6),)
    return Finding(concept=concept, verdict=verdict, confidence=0.8, evidence=evidence)


def answers(count: int = 14) -> list[Attempt]:
    """Answers to several drills, every second day; the last but one was not graded."""
    drills = [*[drill.id for drill in LIBRARY.drills()][:4], DRILL]
    found = [
        answer(n, drills[n % len(drills)], START + timedelta(days=2 * n), shift=n % 3) for n in range(count)
    ]
    silent = Judgement(rubric="core", graded=False, not_graded="no words were heard")
    found[-2] = found[-2].model_copy(
        update={"judgement": silent, "transcript": Transcript(words=()), "delivery": Delivery(words=0)}
    )
    return found
