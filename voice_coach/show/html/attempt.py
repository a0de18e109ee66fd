"""One attempt as a page: hear it, see what each word counted for, and what a strong answer says beside it."""

from __future__ import annotations

import base64
from itertools import groupby
from typing import TYPE_CHECKING, Any

from voice_coach.records import SAMPLE_RATE, VERDICTS
from voice_coach.show.html import page
from voice_coach.show.page import SIGNS, clock, titles
from voice_coach.show.report import HEADINGS, headline, must_have_sentence, still_lacking
from voice_coach.show.spoken import delivery_facts, not_understood_sentence
from voice_coach.show.transcript import pause_after, questions, timed_lines, word_marks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from voice_coach.content.models import Drill, Rubric
    from voice_coach.records import Attempt, Dispute, Finding, Span, Verdict
    from voice_coach.show.transcript import Line, Mark

TONES = 10
"""Colours of concepts in the style sheet."""
_FARED: dict[Verdict, str] = {
    "explained": "you explained it",
    "named": "you only named it",
    "dismissed": "you dismissed it",
    "missed": "you missed it",
}
_TICKS = 6


def attempt_page(
    attempt: Attempt,
    drill: Drill | None,
    rubric: Rubric,
    sound: bytes | None,
    disputes: Sequence[Dispute] = (),
) -> str:
    """The whole page.

    Args:
        attempt: as kept.
        drill: the one it answers; None where the library no longer has it.
        rubric: for titles and for why a missed concept matters.
        sound: the answer as FLAC, to go inside the page; None: the page is for reading.
        disputes: the person's own views, beside ours.
    """
    return page("attempt.html.j2", "attempt.js", **_Attempt(attempt, drill, rubric, sound, disputes).values())


class _Attempt:
    """What the template shows of an attempt."""

    def __init__(
        self,
        attempt: Attempt,
        drill: Drill | None,
        rubric: Rubric,
        sound: bytes | None,
        disputes: Sequence[Dispute],
    ) -> None:
        self._attempt = attempt
        self._words = attempt.transcript.words
        self._drill = drill
        self._rubric = rubric
        self._sound = sound
        self._title = titles(rubric)
        self._views = {dispute.concept: dispute for dispute in disputes}
        self._style: list[str] = []
        ends = [word.stop for word in self._words if word.stop is not None]
        self._samples = max([attempt.samples or 0, *ends])
        findings = attempt.judgement.findings
        first = {
            finding.concept: min(span.first for span in finding.evidence)
            for finding in findings
            if finding.evidence
        }
        ordered = sorted(first, key=lambda concept: (first[concept], concept))
        self._order = {concept: number for number, concept in enumerate(ordered)}

    def values(self) -> dict[str, Any]:
        attempt, drill, judgement = self._attempt, self._drill, self._attempt.judgement
        must_have = {need.id for need in drill.concepts if need.must_have} if drill else set()
        timed = bool(self._samples) and any(word.start is not None for word in self._words)
        strip = self._strip() if timed else []
        ticks = self._ticks() if timed else []
        return {
            "title": drill.title if drill else attempt.drill,
            "when": f"{attempt.asked_at.astimezone():%d %B %Y, %H:%M}",
            "id": attempt.id,
            "length": "" if attempt.unprompted_samples is None else clock(attempt.unprompted_samples),
            "not_graded": None
            if judgement.graded
            else (judgement.not_graded or "no reason was recorded").rstrip("."),
            "coverage": headline(judgement),
            "limits": must_have_sentence(
                [finding for finding in self._sorted(must_have) if not finding.unclear],
                self._title,
                must_have,
            )
            if must_have
            else "",
            "not_understood": not_understood_sentence(attempt.transcript.unclear),
            "audio": self._audio(),
            "words_note": ""
            if attempt.source == "typed"
            else "The sound of this answer is not kept any more.",
            "strip": strip,
            "ticks": ticks,
            "pauses": self._pauses(),
            "lines": self._lines(),
            "outline": self._outline(),
            "groups": self._groups(must_have),
            "gained": self._gained(),
            "lacking": self._lacking(),
            "not_graded_together": (after.not_graded or "no reason was recorded").rstrip(".")
            if (after := attempt.prompted) and not after.graded
            else None,
            "flags": [
                {"title": self._title.get(flag.id, flag.id), "quote": self._quote(flag.evidence)}
                for flag in judgement.red_flags
            ],
            "delivery": delivery_facts(attempt.delivery),
            "prompt": drill.prompt if drill else "",
            "constraints": drill.constraints if drill else (),
            "versions": ", ".join(
                f"{name} {version}" for name, version in sorted(judgement.versions.items())
            ),
            "style": "".join(self._style),
        }

    def _audio(self) -> str | None:
        if self._sound is None:
            return None
        return f"data:audio/flac;base64,{base64.b64encode(self._sound).decode()}"

    def _place(self, start: int, stop: int | None = None) -> str:
        """A class of its own that puts an element at its share of the answer's time."""
        name = f"t{len(self._style)}"
        left = 100 * start / self._samples
        width = "" if stop is None else f";width:{100 * (stop - start) / self._samples:.3f}%"
        self._style.append(f".{name}{{left:{left:.3f}%{width}}}\n")
        return name

    def _strip(self) -> list[dict[str, Any]]:
        """A row for each concept with ground, in the order they come up; then pauses and red flags."""
        findings = {finding.concept: finding for finding in self._attempt.judgement.findings}
        rows = []
        for concept, number in self._order.items():
            finding = findings[concept]
            name = self._title.get(concept, concept)
            marks = [self._mark(span, f"{name}, {finding.verdict}", finding) for span in finding.evidence]
            rows.append(
                {
                    "name": name,
                    "number": number + 1 if number < 9 else None,  # noqa: PLR2004 - keys 1 to 9
                    "tone": f"tone{number % TONES}",
                    "marks": [mark for mark in marks if mark],
                }
            )
        flags = [
            self._mark(flag.evidence, f"Red flag: {self._title.get(flag.id, flag.id)}")
            for flag in self._attempt.judgement.red_flags
        ]
        pauses = [
            {
                "pause": True,
                "place": self._place(stop, stop + pause),
                "label": f"Pause of {pause / SAMPLE_RATE:.1f} s at {clock(stop)}",
            }
            for index, word in enumerate(self._words)
            if (pause := pause_after(self._attempt.transcript, index)) and (stop := word.stop) is not None
        ]
        if flags:
            rows.append(
                {"name": "Red flags", "number": None, "tone": "flag", "marks": list(filter(None, flags))}
            )
        if pauses:
            rows.append({"name": "Pauses", "number": None, "tone": "", "marks": pauses})
        return rows

    def _mark(self, span: Span, label: str, finding: Finding | None = None) -> dict[str, Any] | None:
        times = span.times(self._attempt.transcript)
        if times is None:
            return None
        return {
            "pause": False,
            "place": self._place(*times),
            "first": span.first,
            "at": _seconds(times[0]),
            "weak": finding is not None and finding.verdict != "explained",
            "label": f"{label}, at {clock(times[0])}: {span.quote(self._attempt.transcript)}",
        }

    def _ticks(self) -> list[dict[str, str]]:
        whole = self._samples // SAMPLE_RATE
        step = max(5, -(-whole // _TICKS // 5) * 5)
        return [
            {"place": self._place(at * SAMPLE_RATE), "clock": clock(at * SAMPLE_RATE)}
            for at in range(0, whole + 1, step)
        ]

    def _pauses(self) -> str:
        found = [
            (pause, word.stop)
            for index, word in enumerate(self._words)
            if (pause := pause_after(self._attempt.transcript, index)) and word.stop is not None
        ]
        longest = sorted(found, reverse=True)[:3]
        told = ", ".join(f"{pause / SAMPLE_RATE:.1f} s at {clock(at)}" for pause, at in longest)
        return (
            f"{len(found)} pause{'s' * (len(found) != 1)} of a second or more, the longest: {told}."
            if found
            else ""
        )

    def _lines(self) -> list[dict[str, Any]]:
        marks = word_marks(self._attempt, self._rubric)
        tones = self._tones()
        asked = questions(self._attempt)
        return [
            self._line(line, marks, tones, asked) for line in timed_lines(self._attempt.transcript, asked)
        ]

    def _line(
        self,
        line: Line,
        marks: Sequence[tuple[Mark, ...]],
        tones: Mapping[str, str],
        asked: Mapping[int, str],
    ) -> dict[str, Any]:
        pieces = []
        for here, group in groupby(range(line.first, line.stop), key=marks.__getitem__):
            indices = list(group)
            after = indices[-1] + 1
            ends = after == len(marks) or marks[after] != here
            red = any(mark.verdict is None for mark in here)
            pieces.append(
                {
                    "marked": bool(here),
                    "labels": "; ".join(mark.label for mark in here) if ends else "",
                    "tone": "red" if red else tones.get(here[0].title, "") if here else "",
                    "words": [self._word(index) for index in indices],
                }
            )
        pause = pause_after(self._attempt.transcript, line.stop - 1)
        questions = [asked[index] for index in range(line.first, line.stop) if index in asked]
        return {
            "asked": " ".join(questions),
            "first": line.first,
            "at": None if line.start is None else _seconds(line.start),
            "clock": "" if line.start is None else clock(line.start),
            "pieces": pieces,
            "pause": f"{pause / SAMPLE_RATE:.1f} s" if pause else "",
        }

    def _word(self, index: int) -> dict[str, Any]:
        word = self._words[index]
        return {
            "index": index,
            "text": word.text,
            "at": None if word.start is None else _seconds(word.start),
            "to": "" if word.stop is None else _seconds(word.stop),
        }

    def _tones(self) -> dict[str, str]:
        return {
            self._title.get(concept, concept): f"tone{number % TONES}"
            for concept, number in self._order.items()
        }

    def _quote(self, span: Span) -> dict[str, Any]:
        times = span.times(self._attempt.transcript)
        return {
            "first": span.first,
            "at": _seconds(times[0]) if times and self._sound is not None else None,
            "clock": clock(times[0]) if times else "",
            "text": span.quote(self._attempt.transcript),
        }

    def _outline(self) -> list[dict[str, Any]]:
        if self._drill is None:
            return []
        findings = self._attempt.judgement.findings
        verdicts = {finding.concept: finding.verdict for finding in findings if not finding.unclear}
        points: dict[str, list[str]] = {}
        for item in self._drill.outline:
            points.setdefault(item.concept, []).append(item.point)
        return [
            {
                "title": self._title.get(concept, concept),
                "verdict": verdict or "",
                "sign": SIGNS[verdict] if verdict else "",
                "fared": _FARED[verdict] if verdict else "",
                "points": of_concept,
            }
            for concept, of_concept in points.items()
            for verdict in (verdicts.get(concept),)
        ]

    def _groups(self, must_have: set[str]) -> list[dict[str, Any]]:
        why = {concept.id: concept.why for concept in self._rubric.concepts}
        findings = self._sorted(must_have)
        groups: list[tuple[str, str, str, list[Finding]]] = [
            (
                verdict,
                SIGNS[verdict],
                HEADINGS[verdict],
                [finding for finding in findings if finding.verdict == verdict and not finding.unclear],
            )
            for verdict in VERDICTS
        ]
        unclear = [finding for finding in findings if finding.unclear]
        groups.append(
            ("soft", "?", "Unclear: the words were hardly heard, so it counts neither way", unclear)
        )
        return [
            {
                "verdict": tone,
                "sign": sign,
                "heading": heading,
                "findings": [
                    {
                        "title": self._title.get(finding.concept, finding.concept),
                        "must_have": finding.concept in must_have,
                        "quotes": [self._quote(span) for span in finding.evidence],
                        "why": why.get(finding.concept, "") if finding.verdict == "missed" else "",
                        "view": self._views.get(finding.concept),
                    }
                    for finding in found
                ],
            }
            for tone, sign, heading, found in groups
            if found
        ]

    def _sorted(self, must_have: set[str]) -> list[Finding]:
        """Must-haves first, then by weight."""
        weight = {need.id: need.weight for need in self._drill.concepts} if self._drill else {}
        return sorted(
            self._attempt.judgement.findings,
            key=lambda found: (found.concept not in must_have, -weight.get(found.concept, 1)),
        )

    def _gained(self) -> list[dict[str, Any]]:
        gained = set(self._attempt.gained)
        findings = self._attempt.prompted.findings if self._attempt.prompted else ()
        return [
            {
                "title": self._title.get(finding.concept, finding.concept),
                "quotes": [self._quote(span) for span in finding.evidence],
            }
            for finding in findings
            if finding.concept in gained
        ]

    def _lacking(self) -> list[dict[str, Any]]:
        return [
            {
                "title": self._title.get(finding.concept, finding.concept),
                "verdict": finding.verdict,
                "how": how,
                "quotes": [self._quote(span) for span in finding.evidence],
            }
            for finding, how in still_lacking(self._attempt)
        ]


def _seconds(samples: int) -> str:
    return f"{samples / SAMPLE_RATE:.3f}"
