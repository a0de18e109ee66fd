"""A damaged database: what can be read is saved, what cannot is named, and nothing is thrown away."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.review_sample import START, answer
from voice_coach.errors import ArchiveError
from voice_coach.history import upkeep
from voice_coach.history.archive import Archive
from voice_coach.records import Dispute

if TYPE_CHECKING:
    from pathlib import Path

    from voice_coach.records import Attempt

COUNT = 30
PAGE = 4096


def saved(home: Path) -> list[Attempt]:
    """Attempts of several pages each, the first disputed."""
    kept = [answer(number, asked_at=START + timedelta(hours=number)) for number in range(COUNT)]
    with Archive(home) as archive:
        archive.merge((attempt, b"fLaC") for attempt in kept)
        archive.dispute(Dispute(attempt=kept[0].id, concept="cost", verdict="named", at=START))
        archive.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return [attempt.model_copy(update={"audio": f"{attempt.id}.flac"}) for attempt in kept]


def pages_of(home: Path, tree: str) -> list[int]:
    """Numbers of the pages of a table or index, the root first."""
    with closing(sqlite3.connect(home / "history.db")) as database:
        root = int(
            database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (tree,)).fetchone()[0]
        )
    content = (home / "history.db").read_bytes()
    page = content[PAGE * (root - 1) : PAGE * root]
    assert page[0] in {2, 5}, "an inner page, else there is nothing below it"
    cells = int.from_bytes(page[3:5])
    places = [int.from_bytes(page[12 + 2 * n : 14 + 2 * n]) for n in range(cells)]
    return [root, *(int.from_bytes(page[place : place + 4]) for place in places)]


def damage(home: Path, number: int) -> None:
    path = home / "history.db"
    content = bytearray(path.read_bytes())
    content[PAGE * (number - 1) : PAGE * number] = b"\xff" * PAGE
    path.write_bytes(content)


def length(path: Path) -> int:
    del path
    return answer().samples or 0


def test_of_a_table_with_a_damaged_page_all_others_are_saved(tmp_path: Path) -> None:
    kept = saved(tmp_path)
    damage(tmp_path, pages_of(tmp_path, "attempts")[2])
    with Archive(tmp_path) as archive:
        with pytest.raises(ArchiveError, match="history check"):
            list(archive.rows())
        health = upkeep.check(archive, length)
        there = {row.id for row in archive.rows()}
        lost = [attempt.id for attempt in kept if attempt.id not in there]
        assert 1 <= len(lost) <= COUNT // 2
        assert [archive.attempt(one.id) for one in kept if one.id in there] == [
            one for one in kept if one.id in there
        ]
        assert "A new one holds" in health.mended[0]
        assert len(health.open_) == len(lost)
        assert all(
            name in text and "voice-coach check" in text
            for name, text in zip(lost, health.open_, strict=True)
        )
        again = upkeep.check(archive, length)
        assert again.mended == ()
        assert len(again.open_) == len(lost)  # their sound is there and belongs to nothing
        # What is forgotten is forgotten in the damaged copy too.
        assert list(tmp_path.glob("history-damaged-1.db*"))
        upkeep.forget(archive, [kept[0].id])
        assert not list(tmp_path.glob("history-damaged*"))
    assert not list(tmp_path.glob("*.part"))


def test_a_damaged_index_costs_nothing(tmp_path: Path) -> None:
    kept = saved(tmp_path)
    with closing(sqlite3.connect(tmp_path / "history.db")) as database:
        (root,) = database.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'attempts_by_time'"
        ).fetchone()
    damage(tmp_path, root)
    with Archive(tmp_path) as archive:
        health = upkeep.check(archive, length)
        assert len(health.mended) == 1
        assert health.open_ == ()
        assert [row.id for row in archive.rows()] == [attempt.id for attempt in kept]
        assert [view.concept for view in archive.disputes(kept[0].id)] == ["cost"]


def test_damaged_findings_cost_their_attempts_only(tmp_path: Path) -> None:
    saved(tmp_path)
    damage(tmp_path, pages_of(tmp_path, "findings")[1])
    with Archive(tmp_path) as archive:
        upkeep.check(archive, length)
        assert COUNT // 2 <= len(list(archive.rows())) < COUNT
        assert upkeep.check(archive, length).mended == ()


def test_a_second_damage_leaves_the_first_copy_alone(tmp_path: Path) -> None:
    saved(tmp_path)
    for number in (1, 2):
        damage(tmp_path, pages_of(tmp_path, "attempts")[1])
        with Archive(tmp_path) as archive:
            upkeep.check(archive, length)
        assert len(list(tmp_path.glob("history-damaged-*.db"))) == number
    assert {item.place for item in upkeep.sizes(tmp_path)} >= {"history.db", "history-damaged-*.db"}
