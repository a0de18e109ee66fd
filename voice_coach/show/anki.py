"""What was missed as an Anki deck: the question in front, the concept and the outline of a strong answer behind."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from voice_coach.content.models import Drill, Rubric
    from voice_coach.records import Verdict

DECK, MODEL = 1_482_570_613, 1_839_204_775
"""Chosen once: Anki knows deck and note type by them, so that a later export updates what was imported."""
_FIELDS = ("Prompt", "FollowUp", "Concept", "Why", "Outline", "Verdict")
_FRONT = "<p>{{Prompt}}</p><p><b>{{FollowUp}}</b></p>"
_BACK = "{{FrontSide}}<hr id=answer><h3>{{Concept}}</h3><p>{{Why}}</p>{{Outline}}<p><i>{{Verdict}}</i></p>"
_CSS = ".card { font-family: sans-serif; font-size: 18px; text-align: left; max-width: 40em; margin: auto }"


class Lost(NamedTuple):
    """A concept that the last answer to a drill did not explain."""

    drill: Drill
    rubric: Rubric
    concept: str
    verdict: Verdict
    asked_at: datetime


def write_deck(path: Path, lost: Iterable[Lost], now: datetime) -> int:
    """Write the notes, one for each drill and concept, as an .apkg file; gives their number.

    Args:
        path: where to; replaced if it is there.
        lost: what to learn.
        now: stands in the file as the time of the change.

    Raises:
        OSError: it cannot be written.
    """
    import genanki

    model = genanki.Model(
        MODEL,
        "voice-coach",
        fields=[{"name": name} for name in _FIELDS],
        templates=[{"name": "Answer aloud", "qfmt": _FRONT, "afmt": _BACK}],
        css=_CSS,
    )
    deck = genanki.Deck(DECK, "voice-coach: what I keep missing")
    for item in lost:
        fields = _fields(item)
        tags = [item.verdict, item.drill.section, item.drill.id, item.concept]
        guid = genanki.guid_for("voice-coach", item.drill.id, item.concept)
        deck.add_note(genanki.Note(model=model, fields=fields, tags=tags, guid=guid))
    genanki.Package(deck).write_to_file(str(path), timestamp=now.timestamp())
    return len(deck.notes)


def _fields(item: Lost) -> list[str]:
    drill = item.drill
    known = {concept.id: concept for concept in item.rubric.concepts}
    concept = known.get(item.concept)
    points = [point.point for point in drill.outline if point.concept == item.concept]
    follow_up = drill.follow_ups.get(item.concept) or (concept.follow_up if concept else "")
    return [
        _text(drill.prompt),
        _text(follow_up),
        _text(concept.title if concept else item.concept),
        _text(concept.why if concept else ""),
        "<ul>" + "".join(f"<li>{_text(point)}</li>" for point in points) + "</ul>" if points else "",
        _text(f"{item.verdict} on {item.asked_at:%Y-%m-%d}"),
    ]


def _text(text: str) -> str:
    """Anki's fields are HTML, and `{{` begins a field of its templates."""
    return html.escape(text).replace("{{", "&#123;&#123;").replace("\n", "<br>")
