"""What speech does apart from its topic: reasons, decisions, numbers, dismissing, listing, reporting others.

Kinds of signal as cue patterns (`voice_coach.check.cues`); they are the same for every concept.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

from voice_coach.check.cues import CueSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voice_coach.check.text import Token

Signal = Literal[
    "reason", "condition", "decision", "mechanism", "vague", "dismissal", "denial", "others", "takeover", "takeback"
]

PATTERNS: dict[Signal, tuple[str, ...]] = {
    "reason": (
        "because", "so that", "=since", "which means", "that means", "that way", "=that's why", "that is why", "in order to",
        "otherwise", "instead of", "rather than", "therefore", "the reason", "means that", "so we", "so i", "so it",
        "so the", "so no", "so nobody", "so a", "so they", "so you", "which lets", "lets us", "depend on", "that's how",
    ),
    "condition": (
        "if", "when", "whenever", "unless", "until", "once", "as soon as", "above", "below", "over #", "under #",
        "at most", "at least", "up to #", "within", "after #", "before it", "more than", "less than", "per",
        "each", "every", "only", "first # percent", "=then", "anything that", "everything that", "nothing",
    ),
    "decision": (
        "=i'd", "=i'll", "i would", "i will", "=we'd", "=we'll", "we would", "we will", "=let's", "i want", "we want",
        "i put", "i make", "i keep", "i let", "i take", "i start", "i pick", "i choose", "i split", "i go with", "i set",
        "we put", "we make", "we keep", "we let", "we take", "we pick", "we set", "we have", "we run", "we show",
        "we store", "we send", "we cache", "we log", "we stream", "must", "has to", "have to", "gets",
    ),
    "mechanism": tuple(
        "cap limit route send store check compare block strip drop sample measure retry stream cache pick reject refuse "
        "validate verify retrieve rank index embed score count alert page switch pin hide mask redact scrub remove "
        "replace cut split read write show mark label grade draw pull push move flip turn queue wait answer return "
        "ask call run build use give get take keep hold track record attach approve press sign map filter match parse "
        "escalate hand forward charge bill trim shorten summarise summarize fetch look save load warm batch test "
        "vote repeat rerun own decide expire encrypt fill tell compute translate rewrite select choose".split()
    ),
    "vague": (
        "important", "importance", "matter", "critical", "crucial", "essential", "obvious", "of course", "and so on", "etcetera",
        "et cetera", "stuff like that", "things like that", "consider", "consideration", "think about", "keep in mind",
        "aware of", "make sure", "best practice", "state of the art", "robust", "holistic", "scalable", "needed",
        "need to", "should be", "should have", "there should", "and all that", "as well", "also", "keep an eye",
        "pay attention", "some kind of", "some sort of", "i guess", "take care of", "handle", "production grade", "in general", "various",
    ),
    "dismissal": (
        "waste of time", "waste of", "skip", "not worth", "no need", "not needed", "not necessary", "=don't need", "=doesn't need",
        "=won't need", "not an issue", "not a problem", "no problem", "not an important", "=isn't an issue", "=isn't a problem",
        "not a concern", "=don't worry", "=wouldn't worry", "not worry", "=wouldn't bother", "=don't bother", "not bother",
        "=doesn't matter", "=don't matter", "not matter", "=don't care", "=doesn't care", "nobody care", "who care",
        "overkill", "overrated", "premature", "overthink", "theatre", "theater", "ceremony", "bureaucracy",
        "ignore", "forget about", "drop this", "drop that", "simply drop", "just drop",
        "=wouldn't spend", "=won't spend", "not spend", "=don't spend", "=don't do", "=won't do", "=wouldn't do", "=don't believe",
        "=don't think * need", "=don't see * point", "no point", "what's the point", "pointless", "useless", "not my problem",
        "=later", "some day", "someday", "down the road", "figure * out", "next year", "not now", "not today", "version two",
        "whatever", "=won't count", "=doesn't really", "=don't really", "fine without", "good enough", "should be fine", "be fine",
        "take * word", "trust the vendor", "trust the model", "trust them", "vendor does that", "does that for us", "their problem",
        "takes care of that", "handles that", "out of the box", "always works", "never goes down", "=doesn't go down", "never fail",
        "a hobby", "nice to have", "luxury", "not * stage", "not for the first", "leave * out", "left out", "do without",
        "no * needed", "not going to", "=wouldn't", "=won't", "never once", "never seen", "kills it", "no matter what",
    ),
    "denial": ("=no", "=not", "=never", "nobody", "=none", "without", "=don't", "=doesn't", "=didn't", "=can't", "cannot", "=isn't",
               "=aren't", "=wouldn't", "=won't", "=nothing", "neither", "=nor"),
    "others": (
        "my last|old|previous|former team|company|job|place|employer|boss|project", "at my last|old|previous", "in my last|old|previous",
        "used to", "other|some|many|most people|team|company|folks|vendor", "people say|think|love|like|always|tend", "they say|had|were|did|never|used",
        "a friend", "my colleague", "a colleague", "in the book", "the blog", "an article", "somebody i know", "one team i",
        "years ago", "back then", "one company", "where i worked", "i once", "competitor",
    ),
    "takeover": ("=here", "so i", "so we", "=that's why", "same here", "i'd copy", "=i'd do the same", "learn", "lesson", "likewise", "for us"),
    "takeback": (
        "forget that", "forget it", "scratch that", "no wait", "actually no", "on second thought", "take that back", "take it back",
        "change my answer", "change my mind", "changed my mind", "strike that", "drop this idea", "drop that idea", "drop the idea",
        "leave that out", "leave it out", "not do that", "cross that out", "forget what i",
    ),
}

FUNCTION_WORDS = frozenset(
    "a an the and or but if then so because of to in on at by for with from into over under out up down off about as "
    "i i'd i'll i'm i've me my we we'd we'll we're we've us our you you'd you'll you're your he she it it's its they they'd "
    "they'll they're them their this that that's these those there there's here who what which when where why how is are was were be been being am do does did "
    "have has had will would can could should may might must not no don't doesn't didn't isn't can't won't wouldn't "
    "one some any each every all only just also very too more most much many than like get gets got put go goes "
    "let let's say says said whatever nobody somebody something nothing someone um uh well okay yeah right now first".split()
)


@cache
def cue_set(signal: Signal) -> CueSet:
    """The parsed patterns of a signal."""
    return CueSet(PATTERNS[signal])


def marks(text: Sequence[Token]) -> dict[Signal, tuple[int, ...]]:
    """For each signal the tokens at which it begins, each token at most once."""
    return {
        signal: tuple(sorted({hit.start for hit in cue_set(signal).hits(text)})) for signal in get_args(Signal)
    }
