"""Attempts as rows of the archive's tables, and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import ConfigDict, TypeAdapter

from voice_coach.records import (
    Attempt,
    Delivery,
    Dispute,
    Finding,
    FollowUp,
    Judgement,
    RedFlag,
    Span,
    Transcript,
)

if TYPE_CHECKING:
    import sqlite3

_WHEN_USED = ConfigDict(defer_build=True)
_EVIDENCE = TypeAdapter(tuple[Span, ...], config=_WHEN_USED)
_FOLLOW_UPS = TypeAdapter(tuple[FollowUp, ...], config=_WHEN_USED)
_COLUMNS = (
    "id", "drill", "asked_at", "source", "ended", "samples", "audio",
    "rubric", "graded", "not_graded", "versions", "notices", "delivery", "transcript", "interview",
)  # fmt: skip
# In place, not deleted and written anew: what belongs to the attempt and is not of the judge's making stays.
_UPDATES = ", ".join(f"{column} = excluded.{column}" for column in _COLUMNS)
_PUT_ATTEMPT = (
    f"INSERT INTO attempts ({', '.join(_COLUMNS)}) VALUES (:{', :'.join(_COLUMNS)}) "  # noqa: S608 - ours
    f"ON CONFLICT (id) DO UPDATE SET {_UPDATES}"
)
_SELECT_ATTEMPT = f"SELECT {', '.join(_COLUMNS)} FROM attempts WHERE id = ?"  # noqa: S608 - ours
_INSERT_PROMPTED = "INSERT INTO prompted (attempt, follow_ups, judgement) VALUES (?, ?, ?)"
_SELECT_PROMPTED = "SELECT follow_ups, judgement FROM prompted WHERE attempt = ?"
_INSERT_FINDING = (
    "INSERT INTO findings (attempt, position, concept, verdict, confidence, evidence, unclear) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_SELECT_FINDINGS = (
    "SELECT concept, verdict, confidence, evidence, unclear FROM findings WHERE attempt = ? ORDER BY position"
)
_INSERT_RED_FLAG = "INSERT INTO red_flags (attempt, position, flag, first, stop) VALUES (?, ?, ?, ?, ?)"
_SELECT_RED_FLAGS = "SELECT flag, first, stop FROM red_flags WHERE attempt = ? ORDER BY position"


def stamp(at: datetime) -> str:
    """A time as it is stored: one zone and one width, so that the order of the texts is the order of the times."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def put(connection: sqlite3.Connection, attempt: Attempt) -> None:
    """Write the attempt into the open transaction, in the place of one of the same id."""
    judgement = attempt.judgement
    connection.execute("DELETE FROM findings WHERE attempt = ?", (attempt.id,))
    connection.execute("DELETE FROM red_flags WHERE attempt = ?", (attempt.id,))
    connection.execute(
        _PUT_ATTEMPT,
        {
            "id": attempt.id,
            "drill": attempt.drill,
            "asked_at": stamp(attempt.asked_at),
            "source": attempt.source,
            "ended": attempt.ended,
            "samples": attempt.samples,
            "audio": attempt.audio,
            "rubric": judgement.rubric,
            "graded": judgement.graded,
            "not_graded": judgement.not_graded,
            "versions": json.dumps(judgement.versions, ensure_ascii=False),
            "notices": json.dumps(attempt.notices, ensure_ascii=False),
            "delivery": attempt.delivery.model_dump_json(),
            "transcript": attempt.transcript.model_dump_json(),
            "interview": attempt.interview,
        },
    )
    connection.execute("DELETE FROM prompted WHERE attempt = ?", (attempt.id,))
    if attempt.prompted:
        follow_ups = _FOLLOW_UPS.dump_json(attempt.follow_ups).decode()
        connection.execute(_INSERT_PROMPTED, (attempt.id, follow_ups, attempt.prompted.model_dump_json()))
    for position, finding in enumerate(judgement.findings):
        evidence = _EVIDENCE.dump_json(finding.evidence).decode()
        connection.execute(
            _INSERT_FINDING,
            (
                attempt.id,
                position,
                finding.concept,
                finding.verdict,
                finding.confidence,
                evidence,
                finding.unclear,
            ),
        )
    for position, flag in enumerate(judgement.red_flags):
        connection.execute(
            _INSERT_RED_FLAG, (attempt.id, position, flag.id, flag.evidence.first, flag.evidence.stop)
        )


def get(connection: sqlite3.Connection, attempt_id: str) -> Attempt:
    """The attempt of an id that is there.

    Raises:
        ValueError: a row is not as `put` writes it (pydantic's `ValidationError` is one).
    """
    values = connection.execute(_SELECT_ATTEMPT, (attempt_id,)).fetchone()
    kept = dict(zip(_COLUMNS, values, strict=True))
    judgement = Judgement(
        rubric=kept.pop("rubric"),
        graded=kept.pop("graded"),
        not_graded=kept.pop("not_graded"),
        findings=_findings(connection, attempt_id),
        red_flags=_red_flags(connection, attempt_id),
        versions=json.loads(kept.pop("versions")),
    )
    if prompted := connection.execute(_SELECT_PROMPTED, (attempt_id,)).fetchone():
        kept["follow_ups"] = _FOLLOW_UPS.validate_json(prompted[0])
        kept["prompted"] = Judgement.model_validate_json(prompted[1])
    kept["notices"] = json.loads(kept["notices"])
    kept["delivery"] = Delivery.model_validate_json(kept["delivery"])
    kept["transcript"] = Transcript.model_validate_json(kept["transcript"])
    return Attempt.model_validate({**kept, "judgement": judgement})


def _findings(connection: sqlite3.Connection, attempt_id: str) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            concept=concept,
            verdict=verdict,
            confidence=confidence,
            evidence=_EVIDENCE.validate_json(evidence),
            unclear=bool(unclear),
        )
        for concept, verdict, confidence, evidence, unclear in connection.execute(
            _SELECT_FINDINGS, (attempt_id,)
        )
    )


def _red_flags(connection: sqlite3.Connection, attempt_id: str) -> tuple[RedFlag, ...]:
    return tuple(
        RedFlag(id=flag, evidence=Span(first=first, stop=stop))
        for flag, first, stop in connection.execute(_SELECT_RED_FLAGS, (attempt_id,))
    )


def put_dispute(connection: sqlite3.Connection, dispute: Dispute) -> None:
    """Write the dispute into the open transaction, in the place of one of the same attempt and concept."""
    connection.execute(
        "INSERT OR REPLACE INTO disputes (attempt, concept, verdict, at, note) VALUES (?, ?, ?, ?, ?)",
        (dispute.attempt, dispute.concept, dispute.verdict, stamp(dispute.at), dispute.note),
    )


def drop_dispute(connection: sqlite3.Connection, attempt_id: str, concept: str) -> bool:
    """Delete the dispute within the open transaction; whether there was one."""
    gone = connection.execute("DELETE FROM disputes WHERE attempt = ? AND concept = ?", (attempt_id, concept))
    return gone.rowcount > 0


def disputes(connection: sqlite3.Connection, attempt_id: str | None) -> list[Dispute]:
    """The disputes of an attempt, or all; oldest first."""
    return [
        Dispute(attempt=attempt, concept=concept, verdict=verdict, at=datetime.fromisoformat(at), note=note)
        for attempt, concept, verdict, at, note in connection.execute(
            "SELECT attempt, concept, verdict, at, note FROM disputes "
            "WHERE ?1 IS NULL OR attempt = ?1 ORDER BY at, attempt, concept",
            (attempt_id,),
        )
    ]
