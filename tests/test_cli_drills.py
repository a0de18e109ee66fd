"""The commands about drills as a person types them, each in a process of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.test_cli import ANSWER, DRILL
from voice_coach.content.load import Library

if TYPE_CHECKING:
    from tests.program import Program


def test_the_list_of_drills_can_be_narrowed_and_says_how_the_last_answer_went(program: Program) -> None:
    program.run("practice", DRILL, "--typed", "--no-voice", "--follow-ups", "0", typed=f"{ANSWER}\n\n")
    weak = program.run("drills", "list", "--weak").stdout
    assert DRILL in weak
    assert "of 11, " in weak
    assert weak.count("not tried") == 0
    untried = program.run("drills", "list", "--untried", "--concept", "latency", "--level", "senior").stdout
    assert DRILL not in untried
    assert "senior" in untried
    assert "staff" not in untried
    assert "in " in weak or "due" in weak


def test_a_persons_own_drill_stands_in_the_place_of_the_shipped_one(program: Program) -> None:
    shipped = next(path for path in Library().drill_folders()[0].rglob(f"{DRILL}.yaml"))
    own = program.home / "drills" / "mine.yaml"
    own.parent.mkdir()
    own.write_text(
        shipped.read_text("utf-8").replace("title: Customer support assistant", "title: My own"), "utf-8"
    )
    listed = program.run("drills", "list", "--section", "system").stdout
    assert f"* {DRILL}" in listed
    assert "My own" in listed
    assert "Customer support assistant" not in listed


def test_lint_leaves_with_1_and_says_all_that_is_wrong(program: Program, tmp_path: Path) -> None:
    fine = program.run("drills", "lint")
    assert fine.returncode == 0, fine.stdout
    (tmp_path / "mine.yaml").write_text("id: mine\ntitel: Mine\nprompt: A/B?\n", "utf-8")
    wrong = program.run("drills", "lint", str(tmp_path))
    assert wrong.returncode == 1
    assert "mine.yaml:2: titel: is not a key here; did you mean `title`?" in wrong.stdout
    assert "mine.yaml:3: prompt: holds what a voice stumbles on: `/` (say “or”)." in wrong.stdout
    assert "in 1 of 1 file." in wrong.stdout


def test_lint_of_a_file_finds_samples_out_of_order(program: Program, tmp_path: Path) -> None:
    shipped = next(path for path in Library().drill_folders()[0].rglob(f"{DRILL}.yaml")).read_text("utf-8")
    mine = tmp_path / "mine.yaml"
    mine.write_text(re.sub(r"^  (strong|weak):", swapped, shipped, flags=re.MULTILINE), "utf-8")
    wrong = program.run("drills", "lint", str(mine))
    assert wrong.returncode == 1
    assert "samples.mid: explains" in wrong.stdout
    assert "not more than weak" in wrong.stdout
    assert program.run("drills", "lint", "--no-samples", str(mine)).returncode == 0


def swapped(key: re.Match[str]) -> str:
    return {"weak": "  strong:", "strong": "  weak:"}[key[1]]


def test_markdown_becomes_drafts_that_can_be_listed_and_answered(program: Program) -> None:
    files = sorted((Path(__file__).parent / "data" / "markdown").glob("*.md"))
    made = program.run("drills", "import", *map(str, files))
    assert made.returncode == 0, made.stderr
    assert made.stdout.count("to review") == 12
    assert "* voice-bot-in-a-noisy-car" in program.run("drills").stdout
    again = program.run("drills", "import", str(files[0]))
    assert again.returncode == 2
    assert "add --replace" in again.stderr
    answered = program.run(
        "practice",
        "voice-bot-in-a-noisy-car",
        "--typed",
        "--no-voice",
        "--follow-ups",
        "0",
        typed=f"{ANSWER}\n\n",
    )
    assert "Voice bot in a noisy car" in answered.stdout
    assert answered.returncode == 0, answered.stderr


def test_the_schema_is_json(program: Program) -> None:
    assert json.loads(program.run("drills", "schema").stdout)["title"] == "A voice-coach drill"
