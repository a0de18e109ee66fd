"""The HTML pages of the sample answers."""

from __future__ import annotations

from tests.review_sample import DRILL, HOSTILE, LIBRARY, START, answers
from voice_coach.demo import RECORDING
from voice_coach.history.rows import Row
from voice_coach.history.tally import tally
from voice_coach.records import Attempt, Dispute, Proposal
from voice_coach.show.html.attempt import attempt_page
from voice_coach.show.html.report import report_page


def written(attempt: Attempt, *, sound: bool = True) -> str:
    library = LIBRARY
    drill = library.drill(attempt.drill)
    view = Dispute(attempt=attempt.id, concept="grounding", verdict="missed", at=START, note=f"No {HOSTILE}")
    flac = RECORDING.read_bytes() if sound else None
    return attempt_page(attempt, drill, library.rubric_for(drill), flac, [view])


def row(attempt: Attempt) -> Row:
    judgement = attempt.judgement
    return Row(
        attempt.id,
        attempt.drill,
        attempt.asked_at,
        judgement.graded,
        {finding.concept: finding.verdict for finding in judgement.findings},
        red_flags=tuple(flag.id for flag in judgement.red_flags),
        not_graded=judgement.not_graded,
        words_per_minute=attempt.delivery.words_per_minute,
        longest_pause=attempt.delivery.longest_pause,
    )


def report(titles: dict[str, str] | None = None) -> str:
    library = LIBRARY
    kept = answers()
    known = titles or {concept.id: concept.title for concept in library.core().concepts}
    counted = tally(map(row, kept), known, library.drills())
    links = {attempt.id: f"pages/{attempt.id}.html" for attempt in kept}
    proposal = Proposal(drill=DRILL, title=f"Help desk {HOSTILE}", reason="2 of its 8 concepts are due again")
    return report_page(counted.model_copy(update={"next": proposal}), links)
