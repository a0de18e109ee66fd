"""How an answer was spoken, what of it was not understood, and what hearing it again changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from voice_coach.records import SAMPLE_RATE
from voice_coach.show.page import Hanging, clock, listed, titles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from voice_coach.content.models import Rubric
    from voice_coach.events import Corrected
    from voice_coach.records import Attempt, Delivery, Finding, Stretch

_LEAD = "Delivery  "


def delivery_lines(delivery: Delivery) -> list[RenderableType]:
    """Pace and pauses, then the words that were counted; nothing where no words were."""
    return [
        Hanging(_LEAD if not at else "", Text(line), len(_LEAD))
        for at, line in enumerate(delivery_facts(delivery))
    ]


def delivery_facts(delivery: Delivery) -> list[str]:
    """The same as plain lines."""
    if not delivery.words:
        return []
    return list(filter(None, (_pace(delivery), _pauses(delivery), _counts(delivery))))


def not_understood(unclear: Sequence[Stretch]) -> list[RenderableType]:
    """One line on where something was said that the recogniser made nothing of."""
    sentence = not_understood_sentence(unclear)
    return [Hanging("! ", Text(f"{sentence} Replay it to hear what was said."), 2)] if sentence else []


def not_understood_sentence(unclear: Sequence[Stretch]) -> str:
    """The same as a plain sentence, empty where all was understood."""
    if not unclear:
        return ""
    places = listed([f"{clock(stretch.start)} to {clock(stretch.stop)}" for stretch in unclear])
    return f"Not understood, so not judged: {places}."


def correction(news: Corrected, rubric: Rubric) -> list[RenderableType]:
    """What an answer's second hearing changed: words, verdicts, whether it could be graded."""
    before, now = news.before, news.attempt
    changed = _words_changed(before, now)
    verdicts = list(_verdicts_changed(before, now, titles(rubric)))
    if not changed and not verdicts:
        return [Text("Heard again as a whole: nothing changes.", style="dim")]
    words = f"{changed} word{'s' * (changed != 1)} corrected" if changed else "the same words"
    effect = "" if verdicts else ", no verdict changes"
    head = Text(f"Heard again as a whole: {words}{effect}.", style="bold" if verdicts else "dim")
    return [head, *(Hanging("  ", Text(line), 2) for line in verdicts)]


def _pace(delivery: Delivery) -> str:
    facts = [f"{delivery.words} word{'s' * (delivery.words != 1)}"]
    if delivery.words_per_minute is not None:
        target = delivery.target_words_per_minute
        asked = f" (a strong answer in the target time takes {target:.0f})" if target else ""
        facts.append(f"{delivery.words_per_minute:.0f} a minute{asked}")
    return ", ".join(facts)


def _pauses(delivery: Delivery) -> str:
    facts = []
    if delivery.talking is not None:
        quiet = f", {delivery.silence:.0%} of the time silent" if delivery.silence is not None else ""
        facts.append(f"talking {clock(delivery.talking)}{quiet}")
    if delivery.first_word is not None:
        facts.append(f"first word after {delivery.first_word / SAMPLE_RATE:.1f} s")
    if delivery.first_concept is not None:
        facts.append(f"first concept at {clock(delivery.first_concept)}")
    if delivery.pauses:
        facts.append("longest pauses " + listed([_pause(pause) for pause in delivery.pauses]))
    elif delivery.longest_pause is not None:
        facts.append(f"longest pause {delivery.longest_pause / SAMPLE_RATE:.1f} s")
    return ", ".join(facts)


def _pause(pause: Stretch) -> str:
    return f"{(pause.stop - pause.start) / SAMPLE_RATE:.1f} s at {clock(pause.start)}"


def _counts(delivery: Delivery) -> str:
    facts = []
    for count, one in ((delivery.fillers, "filler"), (delivery.hedges, "hedge")):
        if count:
            facts.append(f"at least {count} {one}{'s' * (count != 1)}")
    if delivery.decisions:
        reasons = f"{delivery.reasons} reason{'s' * (delivery.reasons != 1)} (because, so that, ...)"
        facts.append(f"{reasons} for {delivery.decisions} decision{'s' * (delivery.decisions != 1)}")
    return ", ".join(facts)


def _words_changed(before: Attempt, now: Attempt) -> int:
    """Words that are not the same in both, counting a replaced word once."""
    old, new = ([word.text.lower().strip(".,?!") for word in kept.transcript.words] for kept in (before, now))
    from difflib import SequenceMatcher

    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return sum(max(a2 - a1, b2 - b1) for tag, a1, a2, b1, b2 in blocks if tag != "equal")


def _verdicts_changed(before: Attempt, now: Attempt, title: Mapping[str, str]) -> list[str]:
    old, new = before.judgement, now.judgement
    if old.graded != new.graded:
        return ["now graded" if new.graded else f"not graded any more, because {new.not_graded}"]
    was: dict[str, Finding] = {finding.concept: finding for finding in old.findings}
    lines = [
        f"{title.get(finding.concept, finding.concept)}: now {finding.verdict}, was {was[finding.concept].verdict}"
        for finding in new.findings
        if finding.concept in was and finding.verdict != was[finding.concept].verdict
    ]
    flags, earlier = ({flag.id for flag in judged.red_flags} for judged in (new, old))
    lines += [f"red flag raised: {title.get(flag, flag)}" for flag in sorted(flags - earlier)]
    lines += [f"red flag withdrawn: {title.get(flag, flag)}" for flag in sorted(earlier - flags)]
    return lines
