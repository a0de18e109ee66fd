"""Loading drills and rubrics: what a folder holds, and what shadows what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from voice_coach.content.load import Library, shipped_folder
from voice_coach.content.yamlfile import nearest
from voice_coach.errors import ContentError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

from tests.content_sample import CORE, DRILL, library, write


def test_two_files_with_one_id_are_an_error_that_names_both(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"1\.yaml: id: `two-steps` is also in .*0\.yaml; change one"):
        library(tmp_path, DRILL, DRILL).drills()


def test_drills_come_by_section_and_then_by_id(tmp_path: Path) -> None:
    made = [
        DRILL.replace("two-steps", name).replace("section: llm-usage", f"section: {section}")
        for name, section in [
            ("zoo", "llm-usage"),
            ("ant", "llm-system-design-drills"),
            ("bee", "llm-usage"),
            ("yak", "system-design"),
        ]
    ]
    assert [drill.id for drill in library(tmp_path, *made).drills()] == ["yak", "bee", "zoo", "ant"]


def test_a_persons_own_drills_and_rubrics_shadow_shipped_ones_by_id_and_add_others(tmp_path: Path) -> None:
    home = [
        ("drills/mine.yml", DRILL.replace("Two steps", "My two steps")),
        ("drills/more/other.yaml", DRILL.replace("two-steps", "three-steps")),
        ("rubrics/core.yaml", CORE.replace("version: 7", "version: 8")),
    ]
    mine = library(tmp_path, DRILL, home=home)
    assert [(drill.id, drill.title) for drill in mine.drills()] == [
        ("three-steps", "Two steps"),
        ("two-steps", "My two steps"),
    ]
    assert mine.rubric_for(mine.drill("two-steps")).version == 8
    shipped_only = Library(None, tmp_path / "shipped")
    assert [drill.title for drill in shipped_only.drills()] == ["Two steps"]
    assert shipped_only.core().version == 7


def test_an_editors_hidden_files_and_other_files_are_not_read(tmp_path: Path) -> None:
    home = [("drills/.#mine.yaml", "["), ("drills/notes.txt", "["), ("drills/a.yaml~", "[")]
    assert [drill.id for drill in library(tmp_path, DRILL, home=home).drills()] == ["two-steps"]


def test_an_unknown_drill_gets_the_nearest_names(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no drill `two-step`; did you mean `two-steps`"):
        library(tmp_path, DRILL).drill("two-step")
    with pytest.raises(UsageError, match="no drill `quokka`; `voice-coach drills` lists them all"):
        library(tmp_path, DRILL).drill("quokka")


def test_a_rubric_is_found_by_id_or_by_path(tmp_path: Path) -> None:
    shelf = library(tmp_path, home=[("rubrics/mine.yaml", CORE.replace("id: core", "id: mine"))])
    other = write(tmp_path / "elsewhere.yaml", CORE.replace("id: core", "id: elsewhere"))
    assert shelf.rubric("mine").id == "mine"
    assert shelf.rubric(str(other)).id == shelf.rubric(other).id == "elsewhere"
    with pytest.raises(UsageError, match="no rubric `mien`; did you mean `mine`"):
        shelf.rubric("mien")
    with pytest.raises(UsageError, match=r"no rubric file .*absent\.yaml"):
        shelf.rubric(tmp_path / "absent.yaml")


def test_without_a_core_rubric_nothing_can_be_asked(tmp_path: Path) -> None:
    (tmp_path / "rubrics").mkdir()
    with pytest.raises(ContentError, match=r"No file in .*rubrics has the id `core`"):
        Library(shipped=tmp_path).drills()


def test_the_rubric_for_a_drill_holds_what_it_requires_in_its_order(tmp_path: Path) -> None:
    shelf = library(tmp_path, DRILL)
    rubric = shelf.rubric_for(shelf.drill("two-steps"))
    assert (rubric.id, rubric.version) == ("two-steps", 7)
    assert [concept.id for concept in rubric.concepts] == ["latency", "own-idea"]
    assert [flag.id for flag in rubric.red_flags] == ["no-evaluation"]


def test_a_drill_that_names_no_flags_is_checked_for_all_and_one_without_own_concepts_by_core(
    tmp_path: Path,
) -> None:
    plain = yaml.safe_load(DRILL)
    del plain["own_concepts"], plain["red_flags"], plain["concepts"][1]
    shelf = library(tmp_path, yaml.safe_dump(plain))
    rubric = shelf.rubric_for(shelf.drill("two-steps"))
    assert rubric.id == "core"
    assert [concept.id for concept in rubric.concepts] == ["latency"]
    assert [flag.id for flag in rubric.red_flags] == ["prompt-only", "no-evaluation"]


def test_one_drill_needs_its_own_file_only_and_says_what_is_wrong_with_that(tmp_path: Path) -> None:
    home = [
        ("drills/other.yaml", "["),
        ("drills/mine.yaml", DRILL.replace("Two steps", "Mine")),
        ("drills/wrong.yaml", "id: off"),
    ]
    shelf = library(tmp_path, DRILL, home=home)
    assert shelf.drill("two-steps").title == "Mine"
    with pytest.raises(ContentError, match=r"wrong\.yaml:1: title: is missing"):
        shelf.drill("off")
    with pytest.raises(ContentError, match=r"other\.yaml:2: the file is not valid YAML"):
        shelf.drill("quokka")
    with pytest.raises(ContentError, match=r"other\.yaml"):
        shelf.drills()


def test_a_rubric_by_its_id_needs_the_files_that_hold_the_id_only(tmp_path: Path) -> None:
    home = [
        ("rubrics/broken.yaml", "["),
        ("rubrics/score.yaml", "title: a score"),
        ("rubrics/off.yaml", "id: off"),
    ]
    shelf = library(tmp_path, DRILL, home=home)
    assert shelf.core().id == shelf.rubric("core").id == "core"
    assert shelf.drill("two-steps").title == "Two steps"
    with pytest.raises(ContentError, match=r"off\.yaml:1: title: is missing"):
        shelf.rubric("off")
    with pytest.raises(ContentError, match=r"broken\.yaml:2: the file is not valid YAML"):
        shelf.rubrics()


def test_what_the_judge_learns_from_is_no_shipped_rubric(tmp_path: Path) -> None:
    mine = ("rubrics/training/mine.yaml", CORE.replace("id: core", "id: mine"))
    shelf = library(tmp_path, home=[mine])
    write(tmp_path / "shipped/rubrics/training/theirs.yaml", CORE.replace("id: core", "id: theirs"))
    assert [rubric.id for rubric in shelf.rubrics()] == ["core", "mine"]
    assert [path.stem for path in shelf.rubric_files()] == ["core", "mine"]


def test_files_are_read_once(tmp_path: Path) -> None:
    shelf = library(tmp_path, DRILL)
    before = shelf.drill("two-steps")
    (tmp_path / "shipped/drills/some/0.yaml").unlink()
    assert shelf.drill("two-steps") is before


def test_what_ships_lies_in_the_package_or_beside_it(tmp_path: Path) -> None:
    package = tmp_path / "voice_coach"
    package.mkdir()
    with pytest.raises(ContentError, match="install voice-coach again"):
        shipped_folder(package)
    for folder in (tmp_path, package):
        (folder / "drills").mkdir()
        (folder / "rubrics").mkdir()
        assert shipped_folder(package) == folder


def test_nothing_near_is_suggested_for_a_name_like_no_other() -> None:
    assert nearest("quokka", ["cost", "latency"]) == ""
    assert nearest("cots", ["cost", "latency"]) == "did you mean `cost`?"
