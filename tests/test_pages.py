"""What is in the HTML pages."""

from __future__ import annotations

import html
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.page_sample import report, written
from tests.review_sample import HOSTILE, LIBRARY, answer, answers
from tests.show_sample import TALLY
from voice_coach.records import (
    SAMPLE_RATE,
    FollowUp,
    Judgement,
    Stretch,
    Transcript,
    Word,
)
from voice_coach.show.html.report import report_page
from voice_coach.show.jsonlines import judgement_line

OUTSIDE = re.compile(r"""(?:src|href|action)\s*=\s*["'](?!#|data:|pages/)|@import|url\(""")


def test_pages_hold_everything_and_refer_to_nothing_outside() -> None:
    for text in (written(answer()), report()):
        assert not OUTSIDE.search(re.sub(r"base64,[A-Za-z0-9+/=]+", "", text))
        assert " style=" not in text  # the policy would drop it in silence
        assert "default-src 'none'" in html.unescape(text)
        assert "unsafe" not in text


def test_what_was_said_is_shown_and_never_runs() -> None:
    for text in (written(answer()), report({"grounding": HOSTILE})):
        assert text.count("<script>") == 1
        assert "&lt;script&gt;alert(1)" in text


@settings(deadline=None, max_examples=25)
@given(st.lists(st.text(min_size=1), min_size=1, max_size=6))
def test_any_words_come_out_as_text(said: list[str]) -> None:
    words = Transcript(words=tuple(Word(text=text) for text in said))
    attempt = answer(transcript=words, judgement=Judgement(rubric="core"), source="typed", samples=None)
    text = written(attempt, sound=False)
    assert text.count("<script>") == 1
    assert len(re.findall(r"<span class=\"w\"", text)) == len(said)


def test_a_typed_answer_has_no_player_and_an_answer_without_words_a_page() -> None:
    typed = answer().model_copy(update={"source": "typed", "samples": None})
    assert "<audio" not in written(typed, sound=False)
    silent = answers()[-2]
    assert "Not graded, because no words were heard." in written(silent)
    assert "<p><span></span><span>The transcript is empty.</span></p>" in written(silent)  # beside the times


def test_what_was_not_understood_is_said_with_its_place() -> None:
    first = answer()
    unclear = (Stretch(start=65 * SAMPLE_RATE, stop=68 * SAMPLE_RATE),)
    mumbled = first.model_copy(
        update={"transcript": first.transcript.model_copy(update={"unclear": unclear})}
    )
    assert "Not understood, so not judged: 1:05 to 1:08." in written(mumbled)
    assert "Not understood" not in written(first)
    line = judgement_line("a", None, mumbled.judgement, mumbled.transcript)
    assert line["not_understood"] == [{"start": 65.0, "end": 68.0}]
    assert "not_understood" not in judgement_line("a", None, first.judgement, first.transcript)


def test_what_the_person_sees_otherwise_stands_beside_the_verdict_in_the_report() -> None:
    assert "<li>Cost: we say missed, you say named (08 Jan 2026, a3)</li>" in report_page(TALLY, {})
    assert "You see it otherwise" not in report()


def test_what_was_gained_after_a_follow_up_stands_apart() -> None:
    first = answer()
    found = first.judgement.findings
    after = tuple(item.model_copy(update={"verdict": "explained"}) for item in found)
    attempt = first.model_copy(
        update={
            "follow_ups": (FollowUp(concept="cost", question="What does it cost?", first=40, start=1),),
            "prompted": first.judgement.model_copy(update={"findings": after}),
        }
    )
    text = written(attempt)
    assert "What does it cost?" in text
    assert "Explained only after a follow-up" in text
    assert "even then" not in text


def test_what_a_follow_up_did_not_gain_is_said() -> None:
    first = answer()
    lost = next(found.concept for found in first.judgement.findings if found.verdict == "missed")
    weak = next(found.concept for found in first.judgement.findings if found.verdict == "named")
    asked = [FollowUp(concept=name, question="And then?", first=40, start=1) for name in (lost, weak)]
    attempt = first.model_copy(update={"follow_ups": tuple(asked), "prompted": first.judgement})
    title = {concept.id: concept.title for concept in LIBRARY.core().concepts}
    text = written(attempt)
    assert "Asked back, and not explained even then" in text
    assert f'{title[lost]}, <span class="missed">still missed</span>' in text
    assert f'{title[weak]}, <span class="named">only named even now</span>' in text
    assert "Explained only after" not in text


def test_a_follow_up_that_could_not_be_graded_says_why() -> None:
    asked = FollowUp(concept="cost", question="What does it cost?", first=40, start=1)
    hardly = Judgement(rubric="core", graded=False, not_graded="most of it was hardly heard")
    text = written(answer().model_copy(update={"follow_ups": (asked,), "prompted": hardly}))
    assert (
        "Not graded together with the answer to the follow-up, because most of it was hardly heard." in text
    )
