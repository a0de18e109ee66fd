"""What the recogniser reads before it hears: the same for every drill, and never taken for what was said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import silence
from tests.test_recogniser import Piece, speak
from voice_coach.records import Word
from voice_coach.speech import glossary
from voice_coach.speech.whisper import Whisper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORDS = glossary.TEXT.split()


@given(st.integers(0, len(WORDS) - 1), st.integers(1, len(WORDS)))
def test_a_long_piece_of_it_is_known_again_and_a_short_one_may_be_said(first: int, count: int) -> None:
    piece = " ".join(WORDS[first : first + count]).upper()
    plain = len(piece.replace("-", " ").split())
    assert glossary.recited(f"so {piece} and") == (plain >= glossary.RECITED)


def test_terms_in_an_answer_of_ones_own_are_not_recited() -> None:
    assert not glossary.recited(
        "I would put PII redaction before the audit log, and keep a canary, a kill switch and a feature flag, "
        "with exponential backoff and a dead letter queue, and tenant isolation by row-level security."
    )
    assert not glossary.recited("")


def test_its_terms_stand_in_its_text_and_are_found_in_words() -> None:
    words = [Word(text=text) for text in f"So, {glossary.TEXT}".split()]
    found = {" ".join(glossary.forms(" ".join(word.text for word in term))) for term in glossary.terms(words)}
    assert found == {" ".join(term) for term in glossary.TERMS}
    assert not list(glossary.terms([Word(text="a"), Word(text="letter")]))


@pytest.mark.model
def test_it_fits_into_what_the_recogniser_reads(whisper: Whisper) -> None:
    whisper.load()
    model = whisper._model  # noqa: SLF001
    assert len(model.hf_tokenizer.encode(" " + glossary.TEXT, add_special_tokens=False).ids) <= 223


@pytest.mark.model
def test_terms_of_the_field_are_heard(tmp_path: Path, whisper: Whisper) -> None:
    sound = speak(tmp_path, "Every write has to be idempotent, and we retry with exponential backoff.")
    text = " ".join(word.text for word in whisper.words(sound)).lower()
    assert "idempotent" in text
    assert "exponential backoff" in text
    assert whisper.settings["glossary"] == glossary.VERSION


@dataclass
class Segment:
    """As faster-whisper gives it."""

    text: str
    avg_logprob: float
    seek: int = 0

    @property
    def words(self) -> list[Piece]:
        return [Piece(" " + text, at, at + 1) for at, text in enumerate(self.text.split())]


class Model:
    """Hears one thing with the glossary and another without; counts how often it is asked."""

    frames_per_second = 100

    def __init__(self, with_it: Segment, without: Segment) -> None:
        self.asked = 0
        self._with_it, self._without = with_it, without

    def encode(self) -> None:
        """Never called: nothing is decoded."""

    feature_extractor = encode

    def transcribe(self, _: object, *, hotwords: str | None, **__: object) -> tuple[Iterator[Segment], None]:
        self.asked += 1
        return iter([self._with_it if hotwords else self._without]), None


@pytest.mark.parametrize(
    ("with_it", "without", "asked"),
    [(-0.3, -0.1, 1), (-0.6, -0.4, 2), (-0.6, -0.9, 2)],
    ids=["sure", "in doubt and the surer without it", "in doubt and no surer without it"],
)
def test_where_it_makes_the_recogniser_doubt_the_surer_hearing_counts(
    tmp_path: Path, with_it: float, without: float, asked: int
) -> None:
    model = Model(Segment("with LoRA", with_it), Segment("with Laura", without))
    words = Whisper(tmp_path, name="base", model=lambda *_: model).words(silence(8))
    assert words[-1].text == ("Laura" if asked == 2 and without > with_it else "LoRA")
    assert model.asked == asked


def test_what_was_read_off_is_heard_again_without_it(tmp_path: Path) -> None:
    model = Model(Segment(" ".join(WORDS[:20]), -0.1), Segment("hello", -0.1))
    whisper = Whisper(tmp_path, name="base", model=lambda *_: model)
    assert [word.text for word in whisper.words(silence(8))] == ["hello"]
