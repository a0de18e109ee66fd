"""The judge on words alone: what earns nothing, what is never credited, and that it always says the same."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks.corpus import WHOLE
from tests.benchmarks.labelled import labelled
from voice_coach.check.evidence import joined
from voice_coach.check.head import Bars
from voice_coach.check.judge import Judge
from voice_coach.check.misheard import repaired
from voice_coach.check.reader import OVERLAP, PIECE, WEIGHTS, Reader, pieces_of, plain
from voice_coach.check.stretches import stretches
from voice_coach.check.trial import transcript_of
from voice_coach.content.load import Library
from voice_coach.errors import CheckError
from voice_coach.records import Judgement, Span, Transcript, Verdict, Word

CORE = Library().core()
JUDGE = Judge(Reader(), CORE)
QUESTION = (
    "Design a shop assistant that answers within two seconds, never invents policies and is cheap to run."
)
ANSWER = (
    "so before anything else i would ask the shop people which questions cost them most time and what a good answer is "
    "worth to them then every sentence has to carry the number of the policy it rests on and if nothing was found it "
    "says so a call comes to half a cent and repeated questions are answered from a cache if the vendor is down people "
    "get yesterday's answer with a note and we should of course think about monitoring"
)
WORDS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Z", "C")), min_size=1), max_size=90
)


def judged(text: str, question: str = "") -> Judgement:
    return JUDGE.judge(transcript_of(text), CORE, question=question)


def verdicts(judgement: Judgement) -> dict[str, str]:
    return {finding.concept: finding.verdict for finding in judgement.findings}


def test_an_answer_is_understood_by_its_meaning() -> None:
    found = verdicts(judged(ANSWER, QUESTION))
    assert found["grounding"] == found["cost"] == found["graceful-degradation"] == "explained"
    assert found["monitoring"] == "named"
    assert found["human-in-the-loop"] == "missed"


def test_the_same_words_get_the_same_judgement_byte_for_byte() -> None:
    again = Judge(Reader(), CORE).judge(transcript_of(ANSWER), CORE, question=QUESTION)
    assert again.model_dump_json() == judged(ANSWER, QUESTION).model_dump_json()


def test_what_is_set_aside_is_no_bare_mention() -> None:
    found = verdicts(
        judged(
            "And of course we need monitoring and evaluation. "
            "I wouldn't worry about the cost at this stage, models get cheaper every year."
        )
    )
    assert (found["monitoring"], found["cost"]) == ("named", "dismissed")


@pytest.mark.parametrize(
    ("explained", "named", "dismissed", "said"),
    [
        (0.60, 0.00, 0.00, "explained"),
        (0.50, 0.00, 0.00, "named"),  # as likely explained as missed: the one between them
        (0.10, 0.30, 0.00, "named"),
        (0.10, 0.20, 0.30, "missed"),
        (0.10, 0.20, 0.40, "dismissed"),
    ],
)
def test_in_doubt_between_two_verdicts_the_one_between_them_is_said(
    explained: float, named: float, dismissed: float, said: Verdict
) -> None:
    odds: dict[Verdict, float] = {"explained": explained, "named": named, "dismissed": dismissed}
    odds["missed"] = 1 - sum(odds.values())
    assert Bars(explained=0.55, named=0.40).verdict(odds) == said


def test_a_list_of_terms_explains_nothing() -> None:
    text = "cost latency guardrails evaluation monitoring canary rollback fallback human in the loop privacy grounding"
    assert "explained" not in verdicts(judged(text)).values()


def test_talk_about_something_else_earns_nothing() -> None:
    text = (
        "on sunday we drove out to the lake my sister had baked a plum cake and the children fed the ducks until it "
        "began to rain so we sat in the car and listened to an old radio play about a lighthouse"
    )
    assert set(verdicts(judged(text)).values()) == {"missed"}


@pytest.mark.parametrize(
    "text",
    [
        "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country.",
        (
            "It was expected to turn cold by the evening. The team dropped nine points in a set. My sister was "
            "late again. Shall we meet at noon? They were all in the garden. I should like to change my coat."
        ),
    ],
    ids=["a speech", "single sentences"],
)
def test_speeches_and_sentences_read_out_earn_nothing(text: str) -> None:
    assert set(verdicts(judged(text)).values()) == {"missed"}


def test_the_labelled_talk_about_something_else_earns_nothing() -> None:
    answers = [one for one in labelled(WHOLE) if one.kind == "off-topic"]
    earned = {
        one.id: set(verdicts(judged(one.answer, one.question)).values()) - {"missed"} for one in answers
    }
    assert {key: found for key, found in earned.items() if found} == {}


def test_the_question_read_out_earns_nothing() -> None:
    assert set(verdicts(judged(QUESTION, QUESTION)).values()) == {"missed"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no words"),
        ("... - !", "no words"),
        ("we would cache it", "far too short"),
        (
            "ich würde zuerst fragen wer die nutzer sind und was eine antwort kosten darf",
            "another language (`de`)",
        ),
        ("我 会 先 问 用户 是 谁 然后 建立 一个 缓存 系统", "another language (`zh`)"),
    ],
)
def test_what_cannot_be_judged_is_not_graded(text: str, reason: str) -> None:
    judgement = judged(text)
    assert not judgement.graded
    assert not judgement.findings
    assert reason in (judgement.not_graded or "")


def test_words_that_were_hardly_heard_are_not_graded() -> None:
    words = tuple(Word(text=word, probability=0.2) for word in ANSWER.split())
    judgement = JUDGE.judge(Transcript(words=words, model="base"), CORE)
    assert not judgement.graded


def test_sound_that_is_mostly_clipped_is_not_graded() -> None:
    words = tuple(Word(text=word, probability=0.9) for word in ANSWER.split())
    assert JUDGE.judge(Transcript(words=words, model="base", clipped=0.05), CORE).graded
    judgement = JUDGE.judge(Transcript(words=words, model="base", clipped=0.34), CORE)
    assert judgement.not_graded == "the microphone was turned up so far that 34% of the sound is clipped"


def test_a_concept_that_rests_on_badly_heard_words_counts_neither_way() -> None:
    heard = ANSWER.split()
    start = heard.index("cent")
    words = tuple(
        Word(text=word, probability=0.3 if start <= at < start + 28 else 0.95)
        for at, word in enumerate(heard)
    )
    judgement = JUDGE.judge(Transcript(words=words, model="base"), CORE, question=QUESTION)
    finding = next(finding for finding in judgement.findings if finding.concept == "graceful-degradation")
    assert finding.unclear
    assert sum(judgement.coverage.values()) < len(CORE.concepts)


def test_halves_of_a_sentence_are_quoted_as_one_and_sentences_apart() -> None:
    halves = (Span(first=4, stop=6), Span(first=0, stop=2), Span(first=2, stop=4))
    said = transcript_of("one two three four five six").words
    assert joined(halves, said) == (Span(first=0, stop=6),)
    said = transcript_of("one two three four. five six").words
    assert joined(halves, said) == (Span(first=4, stop=6), Span(first=0, stop=4))


@settings(max_examples=25, deadline=None)
@given(WORDS)
def test_evidence_lies_within_any_words(words: list[str]) -> None:
    transcript = Transcript(words=tuple(Word(text=word) for word in words))
    judgement = JUDGE.judge(transcript, CORE)
    for finding in judgement.findings:
        assert bool(finding.evidence) == (finding.verdict != "missed")
        for span in finding.evidence:
            assert 0 <= span.first < span.stop <= len(words)


@given(WORDS)
def test_stretches_cover_every_word_that_says_something(words: list[str]) -> None:
    spans = stretches([Word(text=word) for word in words], "")
    covered = {at for span in spans for at in range(span.first, span.stop)}
    assert {at for at, word in enumerate(words) if plain(word)} <= covered


@given(st.integers(0, 5000))
def test_some_piece_is_believed_for_every_token(tokens: int) -> None:
    pieces = list(pieces_of(tokens))
    believed = {at for _, stop, from_ in pieces for at in range(from_, stop)}
    assert believed == set(range(tokens))
    assert all(stop - first <= PIECE for first, stop, _ in pieces)
    assert all(after[0] == before[1] - OVERLAP for before, after in itertools.pairwise(pieces))


def test_misheard_terms_are_repaired_and_only_once() -> None:
    heard = "we keep a cannery and check the jason schema against hall of nation".split()
    forms = repaired(heard)
    assert len(forms) == len(heard)
    assert " ".join(filter(None, forms)) == "we keep a canary and check the json schema against hallucination"
    assert repaired(forms) == forms


def test_damaged_weights_are_refused() -> None:
    with pytest.raises(CheckError, match="SHA-256"):
        Reader(dict.fromkeys(WEIGHTS, "0" * 64)).load()
