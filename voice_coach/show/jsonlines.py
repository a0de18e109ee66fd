"""Judgements and tallies as JSON for other programs: one object a line, times in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voice_coach.records import seconds

if TYPE_CHECKING:
    from voice_coach.records import Judgement, Span, Tally, Transcript


def judgement_line(
    answer_id: str, drill: str | None, judgement: Judgement, transcript: Transcript
) -> dict[str, object]:
    """The object that `check --json` prints for one answer.

    Args:
        answer_id: file name, or the id in a batch.
        drill: id of the drill the answer was checked for, if any.
        judgement: what the check said.
        transcript: the words judged; quotes are cut from it, `start` and `end` are None where it has no times. Where
            something was said and not understood is there only if it happened.
    """
    unclear = [
        {"start": seconds(stretch.start), "end": seconds(stretch.stop)} for stretch in transcript.unclear
    ]
    return {
        "id": answer_id,
        "drill": drill,
        "rubric": judgement.rubric,
        "graded": judgement.graded,
        "not_graded": judgement.not_graded,
        "coverage": dict(judgement.coverage),
        "findings": [
            {
                "concept": finding.concept,
                "verdict": finding.verdict,
                "confidence": finding.confidence,
                "evidence": [_quote(span, transcript) for span in finding.evidence],
                **({"unclear": True} if finding.unclear else {}),
            }
            for finding in judgement.findings
        ],
        "red_flags": [{"id": flag.id, **_quote(flag.evidence, transcript)} for flag in judgement.red_flags],
        **({"not_understood": unclear} if unclear else {}),
        "versions": judgement.versions,
    }


def tally_json(tally: Tally) -> dict[str, object]:
    """The object that `report --json` prints: the tally as it is, with sums, and durations in seconds."""
    read: dict[str, Any] = tally.model_dump(mode="json")
    for kept, concept in zip(read["concepts"], tally.concepts, strict=True):
        kept["asked"] = concept.asked
    for column in (*read["columns"], *read["apart"]):
        column["seconds"] = _seconds(column.pop("samples"))
        column["longest_pause"] = _seconds(column["longest_pause"])
    for period in read["periods"]:
        period["longest_pause"] = _seconds(period["longest_pause"])
    for flag in read["red_flags"]:
        flag["start"] = _seconds(flag["start"])
    return read


def _seconds(samples: int | None) -> float | None:
    return None if samples is None else seconds(samples)


def _quote(span: Span, transcript: Transcript) -> dict[str, str | float | None]:
    start, stop = span.times(transcript) or (None, None)
    return {
        "quote": span.quote(transcript),
        "start": _seconds(start),
        "end": _seconds(stop),
    }
