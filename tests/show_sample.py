"""A drill, answers and figures with fixed words, for what is printed."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from voice_coach.content.models import (
    Concept,
    Drill,
    Examples,
    Flag,
    FlagExamples,
    OutlinePoint,
    Requirement,
    Rubric,
)
from voice_coach.records import (
    SAMPLE_RATE,
    Attempt,
    Column,
    ConceptTally,
    Delivery,
    Due,
    Finding,
    FlagTally,
    Judgement,
    Limit,
    Period,
    Proposal,
    Proposed,
    RedFlag,
    Share,
    Span,
    Stretch,
    Tally,
    Transcript,
    Verdict,
    Word,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

GOLD = Path(__file__).parent / "gold"
SAID = (
    "So we stream the answer, with a small model, and cache the café's commonest questions. "
    "Of course we need [red]guardrails[/red]. "
    "I wouldn't worry about evaluation, we tried it and it was fine. "
    "When the score is low it goes to a person who sees the whole conversation so far and can take it over"
)


def concept(concept_id: str, title: str, why: str) -> Concept:
    examples = Examples.model_validate({"explained": ["we do it like this"]})
    return Concept(id=concept_id, title=title, why=why, statement="s", examples=examples, follow_up="f?")


RUBRIC = Rubric(
    id="core",
    title="Core",
    version=1,
    concepts=(
        concept("latency", "Latency", "People leave slow tools."),
        concept("cost", "Cost", "What loses money is switched off."),
        concept("guardrails", "Guardrails", "A wish is no control."),
        concept("evaluation", "Evaluation", "Without a measure every change is a guess."),
        concept("human", "Human in the loop", "Some decisions belong to a person."),
        concept(
            "rollout",
            "Rollout",
            "The first version is never the last, so changes need to be small and watched.",
        ),
    ),
    red_flags=(
        Flag(
            id="no-evaluation",
            title="Shipping on looks",
            statement="s",
            examples=FlagExamples(present=("p",)),
        ),
    ),
)
DRILL = Drill(
    id="help-desk",
    title="Help desk",
    section="system-design",
    level="senior",
    prompt="Build an assistant [b]that never makes up a policy[/b]. Take me through it.",
    constraints=("An answer in under two seconds.",),
    listening_for="Whether the constraints shape the design.",
    concepts=(
        Requirement(id="latency", weight=2, must_have=True),
        Requirement(id="cost"),
        Requirement(id="guardrails", weight=2.5, must_have=True),
        Requirement(id="evaluation"),
        Requirement(id="human", weight=3),
        Requirement(id="rollout", must_have=True),
    ),
    outline=(
        OutlinePoint(concept="latency", point="Budget the two seconds over the steps."),
        OutlinePoint(concept="rollout", point="Start with five per cent."),
        OutlinePoint(concept="latency", point="Stream, but check each sentence before it is shown."),
    ),
    seconds=60,
)


def transcript(text: str = SAID, *, typed: bool = False) -> Transcript:
    """Words of 0.3 s with 0.1 s between them; the first begins at one second."""
    if typed:
        return Transcript(words=tuple(Word(text=word) for word in text.split()))
    starts = range(SAMPLE_RATE, 10**9, SAMPLE_RATE * 4 // 10)
    words = (
        Word(text=word, start=start, stop=start + SAMPLE_RATE * 3 // 10, probability=0.9)
        for word, start in zip(text.split(), starts, strict=False)
    )
    return Transcript(words=tuple(words), model="base")


def span(quote: str, text: str = SAID) -> Span:
    first = len(text[: text.index(quote)].split())
    return Span(first=first, stop=first + len(quote.split()))


def finding(concept_id: str, verdict: Verdict, *quotes: str) -> Finding:
    return Finding(concept=concept_id, verdict=verdict, confidence=0.875, evidence=tuple(map(span, quotes)))


JUDGED = Judgement(
    rubric="core",
    findings=(
        finding("cost", "explained", "with a small model,", "cache the café's commonest questions."),
        finding("latency", "explained", "we stream the answer, with a small model,"),
        finding("guardrails", "named", "Of course we need [red]guardrails[/red]."),
        finding("evaluation", "dismissed", "I wouldn't worry about evaluation,"),
        finding(
            "human",
            "explained",
            "goes to a person who sees the whole conversation so far and can take it over",
        ),
        finding("rollout", "missed"),
        finding("no-longer-known", "missed"),
    ),
    red_flags=(RedFlag(id="no-evaluation", evidence=span("we tried it and it was fine.")),),
    versions={"judge": "1"},
)
NOT_GRADED = Judgement(rubric="core", graded=False, not_graded="no words were heard")


DELIVERED: dict[str, Any] = {
    "samples": 27 * SAMPLE_RATE,
    "words_per_minute": 150.4,
    "target_words_per_minute": 130.0,
    "first_word": SAMPLE_RATE,
    "longest_pause": SAMPLE_RATE * 3 // 2,
    "talking": 20 * SAMPLE_RATE,
    "pauses": (
        Stretch(start=5 * SAMPLE_RATE, stop=SAMPLE_RATE * 13 // 2),
        Stretch(start=9 * SAMPLE_RATE, stop=10 * SAMPLE_RATE),
    ),
    "first_concept": SAMPLE_RATE * 3 // 2,
    "fillers": 7,
    "hedges": 1,
    "decisions": 3,
    "reasons": 1,
}


def attempt(judgement: Judgement = JUDGED, *, typed: bool = False, notices: tuple[str, ...] = ()) -> Attempt:
    words = transcript("" if not judgement.graded else SAID, typed=typed)
    if notices:
        words = words.model_copy(update={"unclear": (Stretch(start=3 * SAMPLE_RATE, stop=5 * SAMPLE_RATE),)})
    times = {} if typed or not words.words else DELIVERED
    return Attempt(
        id="a1",
        drill="help-desk",
        asked_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
        source="typed" if typed else "microphone",
        ended="done",
        samples=None if typed else 27 * SAMPLE_RATE,
        transcript=words,
        judgement=judgement,
        delivery=Delivery(words=len(words.words), **times),
        notices=notices,
    )


def earlier() -> Attempt:
    """An answer to the same drill, a day before."""
    judged = Judgement(
        rubric="core",
        findings=(
            finding("latency", "named", "we stream the answer,"),
            finding("guardrails", "explained", "we need [red]guardrails[/red]."),
            finding("human", "missed"),
            finding("cost", "explained", "with a small model,"),
        ),
    )
    day_before = datetime(2026, 1, 4, 9, tzinfo=UTC)
    return attempt(judged).model_copy(
        update={"id": "a0", "asked_at": day_before, "samples": 40 * SAMPLE_RATE}
    )


def column(number: int, graded: bool = True, **verdicts: Verdict) -> Column:
    return Column(
        attempt=f"a{number}",
        drill="help-desk",
        title="Help desk",
        asked_at=datetime(2026, 1, 5 + number, 9, tzinfo=UTC),
        graded=graded,
        not_graded=None if graded else "no words were heard",
        verdicts=verdicts,
    )


TALLY = Tally(
    attempts=203,
    not_graded=2,
    concepts=(
        ConceptTally(
            concept="rollout",
            title="Rollout",
            explained=1,
            missed=200,
            must_have=Share(part=200, whole=201),
            recent=Share(part=1, whole=5),
            before=Share(part=0, whole=196),
        ),
        ConceptTally(
            concept="cost",
            title="Cost",
            explained=199,
            named=1,
            missed=1,
            prompted=1,
            recent=Share(part=3, whole=5),
            before=Share(part=196, whole=196),
            disputed=1,
        ),
        ConceptTally(
            concept="human",
            title="Human in the loop",
            explained=2,
            dismissed=1,
            recent=Share(part=2, whole=3),
        ),
    ),
    red_flags=(
        FlagTally(
            id="prompt-only",
            title="Prompt wording alone",
            attempts=4,
            last_attempt="a7",
            last_at=datetime(2026, 1, 12, 9, tzinfo=UTC),
            quote="we [b]tell it[/b] not to make things up",
            start=12 * SAMPLE_RATE,
        ),
        FlagTally(
            id="no-evaluation",
            title="Shipping on looks",
            attempts=1,
            last_attempt="a2",
            last_at=datetime(2026, 1, 7, 9, tzinfo=UTC),
        ),
    ),
    columns=(
        column(0, rollout="missed", cost="explained"),
        column(1, rollout="missed", cost="named", human="dismissed"),
        column(2, rollout="missed", human="explained"),
        column(3, rollout="explained", cost="missed").model_copy(update={"disputed": {"cost": "named"}}),
    ),
    apart=(column(4, graded=False), column(5, graded=False)),
    unprompted=Share(part=202, whole=405),
    prompted=Share(part=1, whole=4),
    periods=(
        Period(start=date(2026, 1, 5), attempts=100, explained=Share(part=100, whole=200)),
        Period(
            start=date(2026, 1, 12),
            attempts=101,
            explained=Share(part=102, whole=205),
            words_per_minute=151.4,
            longest_pause=40_000,
        ),
    ),
    period="week",
    limit=Limit(concept="rollout", title="Rollout", missing=4, named=0, decided=3, answers=5),
    next=Proposal(drill="help-desk", title="Help desk", reason="3 of its 8 concepts are due again"),
    streak=3,
)
NOW = datetime(2026, 1, 12, 10, tzinfo=UTC)
PROPOSED = Proposed(
    waiting=(
        Due(
            concept="rollout",
            due_at=datetime(2026, 1, 9, 9, tzinfo=UTC),
            drill="help-desk",
            asked_at=datetime(2026, 1, 8, 9, tzinfo=UTC),
            verdict="missed",
        ),
        Due(
            concept="cost",
            due_at=datetime(2026, 1, 12, 9, tzinfo=UTC),
            drill="gone",
            asked_at=datetime(2026, 1, 11, 9, tzinfo=UTC),
            verdict="named",
            prompted="explained",
        ),
    ),
    next=Proposal(drill="help-desk", title="Help desk", reason="2 of its 6 concepts are due again"),
    streak=3,
)
TITLES = {"rollout": "Rollout", "cost": "Cost", "help-desk": "Help desk"}


def printed(renderable: RenderableType, width: int = 80, encoding: str = "utf-8") -> str:
    """What reaches a pipe of that encoding."""
    pipe = io.BytesIO()
    file = io.TextIOWrapper(pipe, encoding=encoding, newline="")
    Console(file=file, width=width, _environ={}).print(renderable)
    file.flush()
    return pipe.getvalue().decode(encoding)
