"""Where to cut the sound for the recogniser: a pure state machine over speech probabilities.

The recogniser hears utterances, not frames. An utterance is cut at the first pause after `settle` samples, and
where nobody pauses for `longest` samples at the quietest place of its last stretch. At every earlier pause the
open utterance is offered as a draft, so that words appear while the person goes on and the last decode is
usually done before the answer ends.

Cuts depend on the sound alone, never on how busy the machine is: the same recording gives the same utterances.
A draft and the cut that follows it without new speech are the same range, so a draft need not be decoded twice.
When the answer ends, what was said since the last draft is an utterance of its own unless the open one is short:
what is left to decode then is what was said in one breath, however long the answer.
Speech detection only chooses the cuts. What lies between two utterances was below `maybe` throughout; sound
that may be faint speech is always decoded.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from voice_coach.records import FRAME_SAMPLES, SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Cutting:
    """Lengths in samples. `maybe` is a low probability: better to decode a cough than to lose a word.

    `settle` at 10 s costs 1.3 points of word error rate more, at 20 s nothing less. `pause` is whole frames (0.32 s),
    so that a draft ends exactly where the cut after it does. A draft costs as much for two seconds as for eight and
    then more for each, so it waits for `fresh` new sound that is a `share` of the open utterance, or for a `rest`, a
    longer pause. What is said after the last draft stands apart when the open utterance is at least `apart` long.
    """

    settle: int = 15 * SAMPLE_RATE
    longest: int = 26 * SAMPLE_RATE
    search: int = 8 * SAMPLE_RATE
    pause: int = 10 * FRAME_SAMPLES
    fresh: int = SAMPLE_RATE * 5 // 2
    share: float = 0.4
    rest: int = 32 * FRAME_SAMPLES
    pre_roll: int = SAMPLE_RATE // 2
    apart: int = 10 * SAMPLE_RATE
    maybe: float = 0.2


@dataclass(frozen=True, slots=True)
class Utterance:
    """Samples `start` up to `stop` to decode; `settled` when its words are final, else a draft."""

    start: int
    stop: int
    settled: bool


@dataclass(frozen=True, slots=True)
class Cutter:
    """Where the cutting stands: everything before `done` is cut; the open utterance runs from `start`.

    `last` is where speech was last likely in the open utterance, None while it holds none; `draft` where its last
    draft ended, None before any, and `resumed` where speech went on after that. `quiet` keeps the probability of
    each frame in the stretch where a forced cut may fall, as (frame's middle, probability).
    """

    settings: Cutting = field(default_factory=Cutting)
    position: int = 0
    done: int = 0
    start: int = 0
    last: int | None = None
    drafted: bool = False
    draft: int | None = None
    resumed: int = 0
    quiet: tuple[tuple[int, float], ...] = ()


def step(cutter: Cutter, probability: float, samples: int) -> tuple[Cutter, Utterance | None]:
    """The cutter after one more frame, and the utterance or draft that this frame completes."""
    settings = cutter.settings
    stop = cutter.position + samples
    if probability >= settings.maybe:
        cutter = _speech(cutter, stop)
    cutter = replace(cutter, position=stop)
    last = cutter.last
    if last is None:
        return cutter, None
    length, silence = stop - cutter.start, stop - last
    if length > settings.longest - settings.search:
        cutter = replace(cutter, quiet=(*cutter.quiet, (stop - samples // 2, probability)))
    if length >= settings.longest:
        return _cut(cutter, min(cutter.quiet, key=lambda frame: frame[1])[0])
    if silence < settings.pause or cutter.drafted:
        return cutter, None
    end = stop - silence + settings.pause
    if length >= settings.settle:
        return _cut(cutter, end)
    news = end - (cutter.start if cutter.draft is None else cutter.draft)
    enough = max(settings.fresh, settings.share * (end - cutter.start))
    if news < enough and silence < settings.rest:
        return cutter, None
    return replace(cutter, drafted=True, draft=end), Utterance(cutter.start, end, settled=False)


def finish(cutter: Cutter) -> tuple[Utterance, ...]:
    """The last utterances when no more sound comes: none if nothing is open, two if a draft can be kept."""
    if cutter.last is None:
        return ()
    stop = min(cutter.position, cutter.last + cutter.settings.pause)
    draft = cutter.draft
    if draft is None or draft >= stop or stop - cutter.start < cutter.settings.apart:
        return (Utterance(cutter.start, stop, settled=True),)
    return Utterance(cutter.start, draft, settled=True), Utterance(cutter.resumed, stop, settled=True)


def _speech(cutter: Cutter, stop: int) -> Cutter:
    if cutter.last is None:
        start = max(cutter.done, cutter.position - cutter.settings.pre_roll)
        return replace(cutter, start=start, last=stop, drafted=False, draft=None)
    if cutter.drafted:
        resumed = max(cutter.draft or 0, cutter.position - cutter.settings.pre_roll)
        cutter = replace(cutter, drafted=False, resumed=resumed)
    return replace(cutter, last=stop)


def _cut(cutter: Cutter, where: int) -> tuple[Cutter, Utterance]:
    """Settle what lies before sample `where`; speech after it begins the next utterance there."""
    going_on = cutter.last is not None and cutter.last > where
    in_pause = cutter.draft is not None and where >= cutter.draft
    rest = replace(
        cutter,
        done=where,
        start=max(where, cutter.resumed) if in_pause else where,
        last=cutter.last if going_on else None,
        drafted=False,
        draft=None,
        quiet=(),
    )
    return rest, Utterance(cutter.start, where, settled=True)
