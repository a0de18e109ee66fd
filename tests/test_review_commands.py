"""Looking at what was said and looking after it, by the commands that do so, over attempts with fixed words."""

from __future__ import annotations

import csv
import io
import json
import sys
import time
import wave
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.program import NO_SOUND, Program
from tests.review_sample import DRILL, START, answer, answers
from voice_coach.demo import RECORDING
from voice_coach.history.archive import Archive
from voice_coach.records import Dispute, Judgement

if sys.platform != "win32":
    from tests.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.virtual_sound import VirtualSound

FIRST = "20260105-090012-k00"


@pytest.fixture
def program(home: Path) -> Program:
    """Fourteen attempts over four weeks, the first with its sound."""
    kept = answers()
    with Archive(home) as archive:
        archive.merge((attempt, RECORDING.read_bytes() if attempt.id == FIRST else None) for attempt in kept)
    return Program(home)


def output(program: Program, *arguments: str) -> str:
    done = program.run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refusal(program: Program, *arguments: str) -> str:
    done = program.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


# Reports


@pytest.mark.parametrize(
    ("filters", "attempts"),
    [
        ((), 14),
        (("--since", "2026-01-25"), 4),
        (("--section", "system"), 14),
        (("--section", "reliability-and-safety"), 0),
        (("--drill", DRILL), 2),
        (("--drill", DRILL, "--since", "2026-01-25"), 0),
        (("--concept", "grounding"), 11),
    ],
)
def test_a_report_counts_what_it_is_asked_for(
    program: Program, filters: tuple[str, ...], attempts: int
) -> None:
    counted = json.loads(output(program, "report", "--json", *filters))
    assert counted["attempts"] == attempts
    if "--concept" in filters:
        assert [concept["concept"] for concept in counted["concepts"]] == ["grounding"]
    shown = output(program, "report", *filters)
    assert ("No attempt is like that" in shown) == (attempts == 0)


def test_a_report_for_other_tools(program: Program, tmp_path: Path) -> None:
    lines = list(csv.DictReader(io.StringIO(output(program, "report", "--csv"))))
    assert {line["attempt"] for line in lines} == {one.id for one in answers() if one.judgement.graded}
    assert output(program, "report", "--markdown").startswith("# What you keep missing")
    pages = tmp_path / "pages"
    said = output(program, "report", "--page", str(tmp_path / "report.html"), "--with-attempts", str(pages))
    assert "report.html shows the report" in " ".join(said.split())
    assert len(list(pages.glob("*.html"))) == 13  # those of the grid; one was not graded
    assert "choose one" in refusal(program, "report", "--json", "--csv")
    assert "goes with --page" in refusal(program, "report", "--with-attempts", str(pages))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--section", "sytem-design"), "no section `sytem-design`; did you mean `system-design`"),
        (("--concept", "groundin"), "no concept `groundin`; did you mean `grounding`?"),
        (("--drill", "hybrid"), "no drill `hybrid`; did you mean `hybrid-search`?"),
        (("--since", "soon"), "`soon` is no date"),
    ],
)
def test_a_misspelt_filter_is_named(program: Program, arguments: tuple[str, ...], sentence: str) -> None:
    assert sentence in refusal(program, "report", *arguments)


# Replay, retry, disputes


def test_two_attempts_stand_side_by_side_and_one_as_a_page(program: Program, tmp_path: Path) -> None:
    assert "against an answer to another drill" in output(program, "replay", "k00", "k04")
    assert "20260105-090012-k00" in output(program, "replay", "k00")
    page = tmp_path / "one.html"
    output(program, "replay", "k00", "--page", "--to", str(page))
    assert "data:audio/flac;base64," in page.read_text("utf-8")
    assert "add --page" in refusal(program, "replay", "--to", str(page))
    assert "two to put side by side" in refusal(program, "replay", "k00", "k01", "k02")


def test_an_attempt_that_was_not_graded_is_not_called_missed_beside_another(program: Program) -> None:
    lines = output(program, "replay", "k12", "k07").splitlines()
    assert any(line.split() == ["Explained", "not", "graded", "3", "of", "9"] for line in lines)
    assert any(line.startswith("Grounding") and "not graded" in line for line in lines)
    assert not any("not asked" in line for line in lines)


def test_an_answer_to_a_drill_that_is_gone_still_shows_its_verdicts(program: Program) -> None:
    with Archive(program.home) as archive:
        archive.save(
            answer(30, asked_at=START + timedelta(days=90), drill=DRILL).model_copy(
                update={"drill": "gone-for-good"}
            )
        )
    shown = output(program, "replay")
    assert "`gone-for-good` is no longer in the library" in shown
    assert "5 of 11 explained" in shown


def test_a_file_that_cannot_be_written_is_named(program: Program, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "file"
    for command in (
        ("export", f"{nowhere}.json"),
        ("history", "backup", f"{nowhere}.zip"),
        ("report", "--page", f"{nowhere}.html"),
        ("replay", "k00", "--page", "--to", f"{nowhere}.html"),
    ):
        done = program.run(*command)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"{nowhere}." in done.stderr
        assert "name another place" in done.stderr


def test_a_retry_is_compared_with_the_attempt_that_is_named(program: Program) -> None:
    named, later = answer(asked_at=START), answer(5, asked_at=START + timedelta(days=60))
    with Archive(program.home) as archive:
        archive.merge([(named, None), (later, None)])
    retried = program.run(
        "retry", named.id, "--typed", "--no-voice", "--quiet", "--follow-ups", "0",
        typed="we cache the commonest answers for a day so that each costs nothing\n\n",
    )  # fmt: skip
    assert retried.returncode == 0, retried.stderr
    assert f"({named.id})" in retried.stdout
    assert later.id not in retried.stdout


def test_a_retry_that_is_not_graded_says_that_there_is_nothing_to_compare(program: Program) -> None:
    retried = program.run("retry", "k00", "--typed", "--no-voice", "--quiet", typed="well\n\n")
    assert retried.returncode == 0, retried.stderr
    said = " ".join(retried.stdout.split())
    assert "Nothing to compare with your answer of 05 January at" in said
    assert f"({FIRST}): this one was not graded, because " in said
    practised = program.run("practice", DRILL, "--typed", "--no-voice", "--quiet", typed="well\n\n")
    assert "Nothing to compare" not in practised.stdout


def test_a_retry_of_an_attempt_that_was_not_graded_says_so(program: Program) -> None:
    gone = answers()[-2]
    with Archive(program.home) as archive:
        archive.merge(
            [(gone.model_copy(update={"id": "20250101-090000-old", "drill": "hybrid-search"}), None)]
        )
    retried = program.run(
        "retry", "20250101-090000-old", "--typed", "--no-voice", "--quiet", "--follow-ups", "0",
        typed="we cache the commonest answers for a day so that each costs nothing\n\n",
    )  # fmt: skip
    said = " ".join(retried.stdout.split())
    assert "(20250101-090000-old): that one was not graded, because no words were heard." in said


def test_a_persons_own_view_stands_beside_the_verdict(program: Program) -> None:
    said = output(program, "dispute", "k00", "guardrails", "--verdict", "missed", "--note", "not at all")
    assert "you say missed" in said
    assert "(not at all)" in output(program, "replay", "k00")
    assert "the counts are ours" in output(
        program, "report", "--since", "2026-01-01", "--concept", "guardrails"
    )
    assert "is no verdict" in refusal(program, "dispute", "k00", "guardrails", "--verdict", "great")
    assert "did you mean `guardrails`" in refusal(
        program, "dispute", "k00", "guardrail", "--verdict", "named"
    )


def test_a_view_is_taken_back_by_agreeing(program: Program) -> None:
    with Archive(program.home) as archive:
        ours = {finding.concept: finding.verdict for finding in archive.attempt("k00").judgement.findings}
    agreeing = ("dispute", "k00", "guardrails", "--verdict", ours["guardrails"])
    assert "nothing to dispute" in refusal(program, *agreeing)
    output(program, "dispute", "k00", " Guardrails", "--verdict", "missed", "--note", "not at all")
    assert "Your other view is taken back" in output(program, *agreeing)
    assert "not at all" not in output(program, "replay", "k00")


# What comes next


def test_what_is_due_is_listed_with_its_reason_and_what_comes_next(program: Program) -> None:
    shown = output(program, "due")
    assert "concepts are due again" in shown
    assert "days ago in" in " ".join(shown.split())
    listed = json.loads(output(program, "due", "--json"))
    assert listed["due"]
    assert listed["next"]["drill"]
    assert "scheduled anew" in output(program, "history", "rebuild")
    (program.home / "settings.toml").write_text("most-due = 2\n")
    assert len(json.loads(output(program, "due", "--json"))["due"]) == 2


# Keeping


def test_everything_goes_out_and_comes_in_again_without_doubles(program: Program, tmp_path: Path) -> None:
    whole, notes, deck = (tmp_path / f"all.{ending}" for ending in ("json", "md", "apkg"))
    for file in (notes, deck):
        assert str(file) in "".join(output(program, "export", str(file)).split("\n"))
        assert file.stat().st_size > 1000
    output(program, "export", str(whole), "--with-audio")
    assert "end the name in" in refusal(program, "export", str(tmp_path / "all.docx"))
    other = Program(tmp_path / "other")
    assert output(other, "import", str(whole)) == "14 attempts added, 0 there already.\n"
    assert output(other, "import", str(whole)) == "0 attempts added, 14 there already.\n"
    assert output(other, "history", "check") == "14 attempts and 1 sound are whole.\n"


def test_attempts_are_listed_newest_first_with_their_ids(program: Program) -> None:
    listed = output(program, "history", "list", "--count", "3").splitlines()
    assert [line.split()[0] for line in listed if line[0].isdigit()] == [
        attempt.id for attempt in reversed(answers()[-3:])
    ]
    assert f"{answers()[-2].id}  29 Jan 2026, code-review-assistant, not graded" in listed
    assert listed[-1] == "and 11 before"
    assert len(output(program, "history", "list", "--drill", DRILL).splitlines()) == 2
    assert "No attempt is like that" in output(program, "history", "list", "--since", "2026-06-01")


def test_a_backup_comes_in_again_like_an_export(program: Program, tmp_path: Path) -> None:
    output(program, "dispute", "k00", "guardrails", "--verdict", "missed")
    backup, other = tmp_path / "backup.zip", Program(tmp_path / "other")
    output(program, "history", "backup", str(backup))
    assert output(other, "import", str(backup)) == "14 attempts added, 0 there already.\n"
    assert output(other, "import", str(backup)) == "0 attempts added, 14 there already.\n"
    assert output(other, "history", "check") == "14 attempts and 1 sound are whole.\n"
    assert "You see Guardrails as missed." in output(other, "replay", "k00")
    with zipfile.ZipFile(tmp_path / "deck.zip", "w") as deck:
        deck.writestr("something", "else")
    assert "is no backup" in refusal(other, "import", str(tmp_path / "deck.zip"))
    whole = backup.read_bytes()
    backup.write_bytes(whole[:200] + bytes(200) + whole[400:])
    assert "is damaged" in refusal(other, "import", str(backup))


def test_a_backup_and_forgetting(program: Program, tmp_path: Path) -> None:
    backup = tmp_path / "backup.zip"
    assert "14 attempts and 1 sound" in " ".join(output(program, "history", "backup", str(backup)).split())
    asked = program.run("forget", "k00", typed="n\n")
    assert "Nothing was removed" in asked.stdout
    assert "1 attempt forgotten" in output(program, "forget", "k00", "--yes")
    assert not list((program.home / "audio").iterdir())
    assert "in one way" in refusal(program, "forget")
    output(program, "forget", "--before", "2026-01-10", "--yes")
    assert json.loads(output(program, "report", "--json"))["attempts"] == 11
    output(program, "forget", "--all", "--yes")
    assert "nothing to forget" in output(program, "forget", "--all")
    assert "sound of the attempts" not in output(program, "history", "size")


def test_sound_older_than_the_setting_allows_goes_at_the_end_of_a_practice(program: Program) -> None:
    fresh = answer(20, asked_at=datetime.now(UTC) - timedelta(days=1))
    with Archive(program.home) as archive:
        archive.merge([(fresh, RECORDING.read_bytes())])
    (program.home / "settings.toml").write_text("keep-audio = 30\n")
    practised = program.run(
        "practice", DRILL, "--typed", "--no-voice", "--quiet", "--follow-ups", "0", typed="we cache\n\nq\n"
    )
    assert practised.returncode == 0, practised.stderr
    assert [path.name for path in (program.home / "audio").iterdir()] == [f"{fresh.id}.flac"]
    with Archive(program.home) as archive:
        assert archive.attempt(FIRST).transcript.words


def test_judging_again_shows_what_changes_and_keeps_disputes(program: Program) -> None:
    with Archive(program.home) as archive:
        archive.save(answer().model_copy(update={"judgement": Judgement(rubric="core", graded=False)}))
        archive.dispute(Dispute(attempt=answers()[4].id, concept="evaluation", verdict="named", at=START))
    assert "would change" in output(program, "rescore", "k00", "k04", "--dry-run")
    assert "changed" in output(program, "rescore", "k00", "k04")
    assert output(program, "rescore", "k00", "k04") == "0 of 2 answers changed.\n"
    with Archive(program.home) as archive:
        assert archive.attempt("k00").judgement.graded
        assert len(archive.disputes("20260113-090012-k04")) == 1


# Aloud


@pytest.mark.device
@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are a thing of Unix")
def test_words_light_up_in_step_with_the_sound_and_keys_lead_it(
    home: Path, sound: VirtualSound, tmp_path: Path
) -> None:
    with Archive(home) as archive:
        archive.merge([(answer(), RECORDING.read_bytes())])
    card = {name: value for name, value in sound.env().items() if name.startswith(("PULSE", "ALSA"))}
    heard = tmp_path / "heard.wav"
    recorder = sound.record_speaker(heard)
    with Terminal(Program(home, card), "replay") as terminal:
        terminal.wait_for("space pauses")
        began = time.monotonic()
        terminal.wait_for("0:03 of 0:48")
        assert 2 < time.monotonic() - began < 5
        terminal.type(" ")
        terminal.wait_for("paused")
        terminal.type("\x1b[C")
        terminal.wait_for("0:08 of 0:48")
        terminal.type(" ")
        terminal.wait_for("0:09 of 0:48")
        terminal.type("q")
        assert terminal.end() == 0
        assert terminal.settings() == terminal.at_first
    recorder.terminate()
    recorder.wait(5)
    with wave.open(str(heard)) as played:
        pcm = memoryview(played.readframes(played.getnframes())).cast("h")
    # Four seconds were heard, with silence while it was paused.
    loud = sum(any(abs(value) > 300 for value in pcm[at : at + 9600]) for at in range(0, len(pcm), 9600))
    assert 25 <= loud <= 60


def test_without_a_loudspeaker_it_is_text(program: Program) -> None:
    silent = Program(program.home, NO_SOUND)
    assert "«" in output(silent, "replay", "k00")


def test_a_file_where_an_attempt_belongs_is_told_its_option(program: Program) -> None:
    told = refusal(program, "replay", "--page", "mine.html")
    assert told == "Error: mine.html is no attempt; to write the page there, say --to mine.html.\n"
