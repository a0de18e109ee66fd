"""What holds between the ids within a drill or rubric file, beyond the shape of each value.

Works on the plain data, so that a file with a misfit elsewhere still gets all its problems named at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voice_coach.content.yamlfile import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from voice_coach.content.models import Rubric
    from voice_coach.content.yamlfile import Document, Loc

    Ids = list[tuple[Loc, str]]


def check_rubric(document: Document) -> None:
    """Add a problem for every concept or red flag that is there twice or, in a sample or the outline, leads nowhere."""
    for key in ("concepts", "red_flags"):
        _report_doubled(document, _ids(document.data, key, "id"))
    concepts, flags = (
        {name for _, name in _ids(document.data, key, "id")} for key in ("concepts", "red_flags")
    )
    unknown = "is not a concept of this rubric"
    _report_unknown(document, _ids(document.data, "outline", "concept"), concepts, unknown)
    samples = document.data.get("samples") if isinstance(document.data, dict) else None
    for index, sample in enumerate(samples if isinstance(samples, list) else ()):
        judged = sample.get("verdicts") if isinstance(sample, dict) else None
        loc: Loc = ("samples", index, "verdicts")
        named: Ids = [((*loc, name), name) for name in (judged if isinstance(judged, dict) else ())]
        raised: Ids = [(("samples", index, *where), name) for where, name in _ids(sample, "red_flags")]
        _report_unknown(document, named, concepts, unknown)
        _report_unknown(document, raised, flags, "is not a red flag of this rubric")


def check_drill(document: Document, core: Rubric) -> None:
    """Add a problem for every id in the drill that leads nowhere, is there twice or lacks its follow-up."""
    data = document.data
    required, own = _ids(data, "concepts", "id"), _ids(data, "own_concepts", "id")
    flags = _ids(data, "red_flags")
    for entries in (required, own, flags):
        _report_doubled(document, entries)
    in_core, in_own = {concept.id for concept in core.concepts}, {name for _, name in own}
    for loc, name in own:
        if name in in_core:
            document.add(loc, f"`{name}` is a core concept; take it out here, or choose another id")
    _report_unknown(document, required, in_core | in_own, "is neither a core concept nor among own_concepts")
    _report_unknown(
        document, flags, {flag.id for flag in core.red_flags}, "is not a red flag of the core rubric"
    )
    _check_use(document, {name for _, name in required}, in_core, in_own)


def _check_use(document: Document, required: set[str], in_core: set[str], in_own: set[str]) -> None:
    """Follow-ups, outline and own concepts belong to required concepts; each of these has a follow-up."""
    data = document.data
    if not required:
        return  # the list itself is missing or misspelt, which is reported; all else would be noise
    follow_ups = data.get("follow_ups", {})
    asked: Ids = [(("follow_ups", key), key) for key in follow_ups] if isinstance(follow_ups, dict) else []
    for loc, name in (
        *asked,
        *_ids(data, "outline", "concept"),
        *_ids(data, "own_concepts", "id"),
        *_dismissed(data),
    ):
        complaint = "is not among the required concepts of this drill"
        if name in (in_core | in_own) - required:
            document.add(loc, f"`{name}` {complaint}; add it to concepts, or take it out here")
        else:
            _report_unknown(document, [(loc, name)], required, complaint)
    without = (required & in_core) - in_own - {name for _, name in asked}
    for name in sorted(without):
        document.add(("follow_ups", name), "is missing; add a question that asks for more without naming it")


def _dismissed(data: Any) -> Ids:
    """The concepts that the sample of a dismissal raises; what has another shape is passed over."""
    above: Loc = ("samples", "dismissal")
    for key in above:
        data = data.get(key) if isinstance(data, dict) else None
    return [((*above, *loc), name) for loc, name in _ids(data, "dismisses")]


def _ids(data: Any, key: str, within: str | None = None) -> Ids:
    """Where and what: each text in the list `key`, or each under `within` in its entries.

    What has another shape is passed over; the model complains of it.
    """
    values = data.get(key) if isinstance(data, dict) else None
    found: Ids = []
    for index, entry in enumerate(values if isinstance(values, list) else ()):
        loc: Loc = (key, index)
        if within and isinstance(entry, dict):
            loc, value = (*loc, within), entry.get(within)
        else:
            value = None if within else entry
        if isinstance(value, str) and value:
            found.append((loc, value))
    return found


def _report_doubled(document: Document, entries: Ids) -> None:
    seen = set()
    for loc, name in entries:
        if name in seen:
            document.add(loc, f"`{name}` is there already; keep one")
        seen.add(name)


def _report_unknown(document: Document, entries: Ids, known: Iterable[str], complaint: str) -> None:
    names = sorted(known)
    for loc, name in entries:
        if name not in names:
            document.add(
                loc, f"`{name}` {complaint}; {nearest(name, names) or 'there are ' + ', '.join(names)}"
            )
