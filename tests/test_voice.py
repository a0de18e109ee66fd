"""The voice: what is spoken, cut, cached and refused. `device` tests speak with the real engine."""

from __future__ import annotations

import json
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_coach.errors import UsageError, VoiceError
from voice_coach.speech.spoken import DamagedError, Speech
from voice_coach.speech.synthesize import UnknownVoiceError, choose
from voice_coach.speech.utterances import LONGEST, plain, utterances
from voice_coach.speech.voice import COMMAND, Voice

if TYPE_CHECKING:
    from pathlib import Path

QUESTION = "How would you keep the answers of an assistant grounded in the documents of the company?"


class Engine:
    """A child process of the test's own: a script that sees `request` and a `tone(seconds)` to write a WAV.

    It counts how often it was started.
    """

    def __init__(self, folder: Path, script: str = "tone(5); print('{}')") -> None:
        self.runs = folder / "runs"
        self.file = folder / "engine.py"
        self.file.write_text(
            textwrap.dedent(f"""
                import json, sys, time, wave
                request = json.load(sys.stdin)
                with open({str(self.runs)!r}, "a") as runs:
                    runs.write(json.dumps(request) + "\\n")
                run = len(open({str(self.runs)!r}).readlines())
                def tone(seconds, level=1):
                    with wave.open(request["file"], "wb") as sound:
                        sound.setnchannels(1)
                        sound.setsampwidth(2)
                        sound.setframerate(22050)
                        sound.writeframes(bytes([level, 0]) * int(22050 * seconds))
            """)
            + textwrap.dedent(script),
            encoding="utf-8",
        )

    @property
    def command(self) -> list[str]:
        return [sys.executable, str(self.file)]

    @property
    def requests(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.runs.read_text(encoding="utf-8").splitlines()]


# Text


@given(st.text(), st.integers(1, 60))
def test_no_letter_is_lost_and_no_piece_is_too_long_or_without_a_letter(text: str, longest: int) -> None:
    pieces = utterances(text, longest)
    assert [char for piece in pieces for char in piece if char.isalnum()] == [
        char for char in plain(text) if char.isalnum()
    ]
    assert all(len(piece) <= longest and any(map(str.isalnum, piece)) for piece in pieces)


@given(st.text())
def test_plain_text_can_be_encoded_and_holds_no_markup(text: str) -> None:
    plain(text).encode("utf-8")
    assert not set("<>[]\n\r\0") & set(plain(text))


def test_a_long_text_is_cut_after_sentences_not_inside_them() -> None:
    sentence = 'He asked: "What is the budget, and who pays?" Then we moved on.'
    pieces = utterances(" ".join([sentence] * 20))
    assert len(pieces) == 4
    assert all(piece.endswith(('pays?"', "on.")) for piece in pieces)
    assert max(map(len, pieces)) <= LONGEST


def test_a_sentence_that_is_too_long_is_cut_at_clauses_then_between_words() -> None:
    assert utterances("one two, three four, five six.", 21) == ["one two, three four,", "five six."]
    assert utterances("one two three four", 9) == ["one two", "three", "four"]
    assert utterances("abcdefgh ij", 5) == ["abcde", "fgh", "ij"]


# Which voice

VOICES = [
    {"id": "gmw/de", "name": "German", "language": "de"},
    {"id": "gmw/en", "name": "English (Great Britain)", "language": "en-gb"},
    {"id": "gmw/en-us", "name": "English (America)", "language": "en-us"},
]


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("gmw/en-us", "gmw/en-us"),
        ("ENGLISH (AMERICA)", "gmw/en-us"),
        ("en", "gmw/en"),
        ("en-GB", "gmw/en"),
        ("en-us+f3", "gmw/en-us+f3"),
    ],
)
def test_a_voice_is_found_by_id_name_and_language(wanted: str, chosen: str) -> None:
    assert choose(VOICES, wanted, "gmw/de") == chosen


def test_unasked_the_engines_own_voice_stays_when_it_speaks_english() -> None:
    assert choose(VOICES, None, "gmw/en-US") is None
    assert choose(VOICES, None, "gmw/de") == "gmw/en"
    assert choose(VOICES[:1], None, "gmw/de") is None


def test_an_unknown_voice_is_refused() -> None:
    with pytest.raises(UnknownVoiceError, match="'klingon'"):
        choose(VOICES, "klingon", None)


# The parent, with engines of the test's own


def test_what_was_spoken_comes_from_the_cache(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    voice = Voice(tmp_path / "cache", command=engine.command)
    first = voice.speech(QUESTION)
    assert first.seconds == 5
    assert voice.speech(QUESTION) == first
    assert Voice(tmp_path / "cache", command=engine.command).speech(f"\n{QUESTION}  ") == first
    assert len(engine.requests) == 1


def test_another_text_voice_or_rate_is_spoken_anew(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    cache = tmp_path / "cache"
    Voice(cache, command=engine.command).speech(QUESTION)
    Voice(cache, command=engine.command).speech(QUESTION + " And why?")
    Voice(cache, command=engine.command, rate=180).speech(QUESTION)
    Voice(cache, command=engine.command, voice="en-us").speech(QUESTION)
    assert [(request["voice"], request["rate"]) for request in engine.requests] == [
        (None, 170),
        (None, 170),
        (None, 180),
        ("en-us", 170),
    ]
    assert len(list(cache.iterdir())) == 4


@pytest.mark.parametrize("keep", [0, 20, 44, 50_000])
def test_a_damaged_cache_file_is_made_anew(tmp_path: Path, keep: int) -> None:
    engine = Engine(tmp_path)
    voice = Voice(tmp_path / "cache", command=engine.command)
    first = voice.speech(QUESTION)
    (file,) = (tmp_path / "cache").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:keep])
    assert voice.speech(QUESTION) == first
    assert file.read_bytes() == whole
    assert len(engine.requests) == 2


def test_a_long_text_is_spoken_in_pieces_with_pauses_between(tmp_path: Path) -> None:
    engine = Engine(tmp_path, "tone(30); print('{}')")
    speech = Voice(tmp_path / "cache", command=engine.command).speech(" ".join([QUESTION] * 9))
    assert [len(str(request["text"])) for request in engine.requests] == [355, 355, 88]
    assert speech.seconds == pytest.approx(3 * 30 + 2 * 0.25, abs=0.001)


def test_any_text_arrives_at_the_engine_as_text(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    text = """--help "quoted" 'single' $(x) `y`\n<speak>naïve [[rate 9]] 二 🎙 \ud800 \0 end"""
    Voice(tmp_path / "cache", command=engine.command).speech(text)
    (request,) = engine.requests
    said = "--help \"quoted\" 'single' $(x) `y` less than speak greater than naïve rate 9 二 🎙 end"
    assert request["text"] == said


def test_aiff_is_read_though_the_file_is_called_wav(tmp_path: Path) -> None:
    engine = Engine(
        tmp_path,
        """
        import array, struct
        pcm = array.array("h", [300, -300] * 22050 * 3)
        pcm.byteswap()
        common = struct.pack(">hIh", 1, len(pcm), 16) + bytes.fromhex("400dac44000000000000")  # 22,050 Hz
        sound = struct.pack(">II", 0, 0) + pcm.tobytes()
        chunks = b"AIFF"
        for name, data in ((b"COMM", common), (b"SSND", sound)):
            chunks += name + struct.pack(">I", len(data)) + data
        open(request["file"], "wb").write(b"FORM" + struct.pack(">I", len(chunks)) + chunks)
        print("{}")
        """,
    )
    speech = Voice(tmp_path / "cache", command=engine.command).speech(QUESTION)
    assert speech.sample_rate == 22050
    assert speech.pcm == b"\x2c\x01\xd4\xfe" * 22050 * 3


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("tone(0); print('{}')", "empty or silent"),
        ("tone(5, 0); print('{}')", "empty or silent"),
        ("tone(0.5); print('{}')", "16 words in 0.5 seconds"),
        ("tone(300); print('{}')", "16 words in 300.0 seconds"),
        ("print('{}')", "wrote no sound"),
        ("open(request['file'], 'w').write('text'); print('{}')", "a file that is no sound"),
        ("tone(5)", "ended with code 0"),
        ("sys.exit('engine on fire')", "code 1 and said: engine on fire"),
        ("""print('{"stage": "speech", "error": "OSError: busy"}')""", "pyttsx3 said: OSError: busy"),
        ("time.sleep(60)", "no answer within 1 seconds"),
    ],
)
def test_a_failure_is_tried_once_more_and_then_told(tmp_path: Path, script: str, said: str) -> None:
    engine = Engine(tmp_path, script)
    with pytest.raises(VoiceError, match=said) as failure:
        Voice(tmp_path / "cache", command=engine.command, limit=1).speech(QUESTION)
    assert "tried twice" in str(failure.value)
    assert str(failure.value).endswith("on the screen only.")
    assert len(engine.requests) == 2
    assert not list(tmp_path.glob("cache/*"))


def test_a_second_try_that_works_is_enough(tmp_path: Path) -> None:
    engine = Engine(tmp_path, "tone(5 if run == 2 else 0); print('{}')")
    assert Voice(tmp_path / "cache", command=engine.command).speech(QUESTION).seconds == 5


@pytest.mark.parametrize(
    ("stage", "said"), [("install", "Run `pip install pyttsx3`"), ("init", "pyttsx3 said: it hurts")]
)
def test_what_is_missing_is_named_without_a_second_try(tmp_path: Path, stage: str, said: str) -> None:
    engine = Engine(tmp_path, f"""print('{{"stage": "{stage}", "error": "it hurts."}}')""")
    with pytest.raises(VoiceError, match=said):
        Voice(tmp_path / "cache", command=engine.command).speech(QUESTION)
    assert len(engine.requests) == 1


def test_a_text_without_words_a_rate_nobody_speaks_and_a_full_disk_are_refused(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="nothing to speak"):
        Voice(tmp_path).speech(" ... \n")
    with pytest.raises(UsageError, match="choose 80 to 450"):
        Voice(tmp_path, rate=30)
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(VoiceError, match=r"cache: spoken questions cannot be kept there .*--home"):
        Voice(tmp_path / "cache", command=Engine(tmp_path).command).speech(QUESTION)


def test_speech_that_cannot_be_written_leaves_no_part_behind(tmp_path: Path) -> None:
    (tmp_path / "taken.wav").mkdir()
    with pytest.raises(OSError, match=r"taken\.wav"):
        Speech(b"\1\0", 16_000).write(tmp_path / "taken.wav")
    assert [file.name for file in tmp_path.iterdir()] == ["taken.wav"]
    (tmp_path / "no.wav").write_bytes(b"RIFF")
    with pytest.raises(DamagedError):
        Speech.read(tmp_path / "no.wav")


# The real engine


@pytest.mark.device
def test_twenty_utterances_two_at_a_time_are_whole_and_at_the_rate_asked_for(tmp_path: Path) -> None:
    def length(run: int) -> tuple[int, int]:
        speech = Voice(tmp_path / str(run)).speech(QUESTION)
        return speech.sample_rate, len(speech.pcm)

    with ThreadPoolExecutor(2) as pool:
        lengths = set(pool.map(length, range(20)))
    assert len(lengths) == 1  # a lost rate or an empty file would differ
    assert Voice(tmp_path / "slow", rate=100).speech(QUESTION).seconds > 1.5 * lengths.pop()[1] / 2 / 22050


@pytest.mark.device
def test_two_at_once_share_a_cache(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: Voice(tmp_path).speech(QUESTION), range(2))
    assert first == second
    assert [file.suffix for file in tmp_path.iterdir()] == [".wav"]


@pytest.mark.device
def test_voices_are_listed_and_an_unknown_one_is_answered_with_its_neighbours(tmp_path: Path) -> None:
    voices = Voice(tmp_path).voices()
    american = next(voice for voice in voices if voice.language == "en-us")
    assert Voice(tmp_path, voice=american.name).speech(QUESTION).pcm != Voice(tmp_path).speech(QUESTION).pcm
    with pytest.raises(UsageError, match=f"no voice 'en-uss'.*{american.id}"):
        Voice(tmp_path, voice="en-uss").speech(QUESTION)


@pytest.mark.device
@pytest.mark.parametrize(
    "text", ["<b>less</b> & 'more' \"quotes\" -v 9", "[[rate 900]] naïve façade 😀\nZürich"]
)
def test_odd_text_is_spoken(tmp_path: Path, text: str) -> None:
    assert Voice(tmp_path).speech(text).seconds > 1


@pytest.mark.device
def test_the_child_says_nothing_on_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Voice(tmp_path).speech(QUESTION)
    assert capfd.readouterr() == ("", "")


@pytest.mark.device
@pytest.mark.skipif(sys.platform != "linux", reason="espeak-ng is the engine of Linux only")
def test_a_missing_library_is_named_with_its_package(tmp_path: Path) -> None:
    for name in ("libespeak-ng.so.1", "libespeak.so.1"):
        (tmp_path / name).write_bytes(b"")  # found first and unusable, as good as absent
    command = ["env", f"LD_LIBRARY_PATH={tmp_path}", *COMMAND]
    with pytest.raises(VoiceError, match=r"libespeak-ng1 \(Debian, Ubuntu\).*RuntimeError"):
        Voice(tmp_path / "cache", command=command).speech(QUESTION)
