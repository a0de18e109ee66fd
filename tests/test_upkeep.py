"""Looking after the archive: forgetting, sizes, backups, checks, the stored schedule, export and import."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.review_sample import START, answer, answers
from voice_coach.demo import RECORDING
from voice_coach.errors import ArchiveError, AudioFileError, UsageError
from voice_coach.history import transfer, upkeep
from voice_coach.history.archive import Archive
from voice_coach.history.cards import cards, rebuild
from voice_coach.history.migrations import MIGRATIONS, migrate
from voice_coach.history.schedule import Limits, due
from voice_coach.records import SAMPLE_RATE, Dispute, Judgement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SAID = "kingfisher"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive(tmp_path / "home") as opened:
        yield opened


def fill(archive: Archive, count: int = 4) -> list[str]:
    kept = answers(count)
    archive.merge([(attempt, RECORDING.read_bytes() if n == 0 else None) for n, attempt in enumerate(kept)])
    return [attempt.id for attempt in kept]


def sound(path: Path) -> None:
    path.write_bytes(b"no FLAC")


def length(path: Path) -> int:
    if not path.read_bytes().startswith(b"fLaC"):
        raise AudioFileError(f"{path}: cannot be read as audio.")
    return answer().samples or 0


# Disputes


def test_a_dispute_stands_beside_the_verdict_and_outlives_judging_again(archive: Archive) -> None:
    kept = archive.save(answer())
    view = Dispute(attempt=kept.id, concept="grounding", verdict="named", at=START, note="hm")
    archive.dispute(view.model_copy(update={"verdict": "missed"}))
    archive.dispute(view)
    assert archive.disputes(kept.id) == archive.disputes() == [view]
    archive.save(kept)
    assert archive.disputes() == [view]
    assert next(archive.rows()).disputed == {"grounding": "named"}
    upkeep.forget(archive, [kept.id])
    assert archive.disputes() == []


def test_a_dispute_over_what_was_not_judged_is_refused(archive: Archive) -> None:
    kept = archive.save(answer())
    with pytest.raises(UsageError, match="was not judged for `nothing`"):
        archive.dispute(Dispute(attempt=kept.id, concept="nothing", verdict="named", at=START))


# The stored schedule


def test_the_stored_schedule_is_the_fold_whatever_happens_to_the_attempts(archive: Archive) -> None:
    now = START + timedelta(days=400)

    def agrees() -> bool:
        return cards(archive).due(now) == due(archive.rows(), now)

    kept = answers(6)
    for attempt in (kept[0], kept[2], kept[3], kept[1], kept[5]):  # one of them late
        archive.save(attempt)
        assert agrees()
    archive.save(kept[2].model_copy(update={"judgement": Judgement(rubric="core", graded=False)}))
    assert agrees()
    upkeep.forget(archive, [kept[5].id])
    assert agrees()
    assert rebuild(archive).due(now) == due(archive.rows(), now)


def test_other_limits_make_the_schedule_anew(archive: Archive) -> None:
    fill(archive)
    now = START + timedelta(days=4000)
    short = Limits(longest_days=2)
    assert cards(archive).due(now) != cards(archive, short).due(now)
    assert cards(archive, short).due(now) == due(archive.rows(), now, short)


# Forgetting


def test_what_is_forgotten_is_on_no_page_of_any_file(archive: Archive, tmp_path: Path) -> None:
    kept = answer()
    words = tuple(word.model_copy(update={"text": SAID}) for word in kept.transcript.words)
    secret = kept.model_copy(update={"transcript": kept.transcript.model_copy(update={"words": words})})
    archive.save(secret, sound)
    archive.save(answer(1, asked_at=START + timedelta(days=1)))
    assert upkeep.forget(archive, [kept.id]) > 0
    for path in (tmp_path / "home").rglob("*"):
        assert not path.is_file() or SAID.encode() not in path.read_bytes(), path
    assert len(list(archive.rows())) == 1
    assert list(archive.audio.iterdir()) == []


def test_what_to_forget_is_said_in_one_way(archive: Archive) -> None:
    ids = fill(archive)
    assert upkeep.chosen(archive, ids[1], None, everything=False) == [ids[1]]
    assert upkeep.chosen(archive, None, START + timedelta(days=3), everything=False) == ids[:2]
    assert upkeep.chosen(archive, None, None, everything=True) == ids
    for attempt, everything in ((None, False), (ids[0], True)):
        with pytest.raises(UsageError, match="in one way"):
            upkeep.chosen(archive, attempt, None, everything=everything)


def test_sound_can_go_and_words_stay(archive: Archive) -> None:
    ids = fill(archive)
    assert upkeep.drop_audio(archive, START + timedelta(days=1)) == 1
    assert upkeep.drop_audio(archive, START + timedelta(days=1)) == 0
    kept = archive.attempt(ids[0])
    assert (kept.audio, bool(kept.transcript.words)) == (None, True)
    assert list(archive.audio.iterdir()) == []


# Sizes and backups


def test_sizes_name_each_place_and_its_bytes(archive: Archive) -> None:
    fill(archive)
    found = {item.place: item for item in upkeep.sizes(archive.path.parent)}
    assert found["audio"].size == RECORDING.stat().st_size
    assert found["history.db"].size > 10_000
    assert "models" not in found


def test_a_backup_unpacked_is_a_data_folder(archive: Archive, tmp_path: Path) -> None:
    ids = fill(archive)
    (archive.path.parent / "settings.toml").write_text("rate = 180\n")
    target = tmp_path / "backup.zip"
    with closing(sqlite3.connect(archive.path)) as other:
        other.execute("BEGIN IMMEDIATE")  # somebody is practising
        assert upkeep.back_up(archive, target) == (4, 1)
    with zipfile.ZipFile(target) as packed:
        packed.extractall(tmp_path / "again")
    with Archive(tmp_path / "again") as again:
        assert [row.id for row in again.rows()] == ids
        assert again.audio_path(again.attempt(ids[0]))
    assert (tmp_path / "again" / "settings.toml").read_text() == "rate = 180\n"
    with pytest.raises(UsageError, match="is there already"):
        upkeep.back_up(archive, target)


def test_an_archive_of_an_older_version_is_backed_up_before_it_migrates(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        migrate(database, MIGRATIONS[:1])
    with Archive(tmp_path) as archive:
        assert archive.disputes() == []
    with closing(sqlite3.connect(tmp_path / "history-before-upgrade-from-1.db")) as kept:
        assert kept.execute("PRAGMA user_version").fetchone() == (1,)
    assert not list(tmp_path.glob("*.part"))


def test_a_new_archive_needs_no_backup(archive: Archive) -> None:
    assert not list(archive.path.parent.glob("history-before*"))


# Checking


def test_a_whole_archive_is_told_so(archive: Archive) -> None:
    fill(archive)
    health = upkeep.check(archive, length)
    assert (health.attempts, health.sounds, health.mended, health.open_) == (4, 1, (), ())


def test_what_can_be_mended_is_and_the_rest_is_named(archive: Archive) -> None:
    ids = fill(archive)
    (archive.audio / f"{ids[0]}.flac").unlink()
    (archive.audio / ".x.part").write_bytes(b"half")
    (archive.audio / "stray.flac").write_bytes(b"fLaC")
    archive.save(answer(9, asked_at=START + timedelta(days=90)), sound)
    with closing(sqlite3.connect(archive.path)) as database, database:
        database.execute("UPDATE attempts SET transcript = '{' WHERE id = ?", (ids[2],))
    health = upkeep.check(archive, length)
    assert len(health.mended) == 2
    assert [any(part in text for text in health.open_) for part in (ids[2], "stray.flac", "as audio")] == [
        True
    ] * 3
    assert archive.attempt(ids[0]).audio is None
    assert len(upkeep.check(archive, length).mended) == 0


def test_sound_that_is_shorter_than_it_was_is_told(archive: Archive) -> None:
    fill(archive)
    health = upkeep.check(archive, lambda _: 10 * SAMPLE_RATE)
    assert "10.0 s can be read of 48.0 s" in health.open_[0]


# Export and import


def exported(archive: Archive, path: Path, *, sounds: bool = True) -> Path:
    ids = [row.id for row in archive.rows()]
    path.write_text("".join(transfer.exported(archive, ids, sounds=sounds)), "utf-8")
    return path


@pytest.mark.parametrize("sounds", [True, False])
def test_what_is_exported_comes_back_whole_and_once(archive: Archive, tmp_path: Path, sounds: bool) -> None:
    ids = fill(archive)
    view = Dispute(attempt=ids[0], concept="evaluation", verdict="named", at=START)
    archive.dispute(view)
    path = exported(archive, tmp_path / "all.json", sounds=sounds)
    with Archive(tmp_path / "other") as other:
        assert transfer.imported(other, path) == (4, 0)
        assert transfer.imported(other, path) == (0, 4)
        assert other.disputes() == [view]
        for attempt_id in ids:
            there, here = other.attempt(attempt_id), archive.attempt(attempt_id)
            assert there.model_copy(update={"audio": None}) == here.model_copy(update={"audio": None})
        found = other.audio_path(other.attempt(ids[0]))
        assert (found is not None) == sounds
        assert found is None or found.read_bytes() == RECORDING.read_bytes()


def test_merging_keeps_what_is_there(archive: Archive, tmp_path: Path) -> None:
    ids = fill(archive)
    path = exported(archive, tmp_path / "all.json", sounds=False)
    judged_again = archive.attempt(ids[1]).model_copy(update={"judgement": Judgement(rubric="mine")})
    archive.save(judged_again)
    upkeep.forget(archive, [ids[3]])
    assert transfer.imported(archive, path) == (1, 3)
    assert archive.attempt(ids[1]).judgement.rubric == "mine"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", r"all\.json:1: is not JSON"),
        ("[]", "is not a file of attempts"),
        ('{"format": "voice-coach-attempts", "version": 99}', "newer voice-coach.*upgrade"),
        ('{"format": "voice-coach-attempts", "version": 1}', "attempts: is missing"),
        (
            '{"format": "voice-coach-attempts", "version": 1, "attempts": [{"id": "x"}]}',
            r"attempts\.0\.drill: Field required",
        ),
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_nothing_is_added(
    archive: Archive, tmp_path: Path, content: str, sentence: str
) -> None:
    path = tmp_path / "all.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=sentence):
        transfer.imported(archive, path)
    assert list(archive.rows()) == []


def test_an_import_that_fails_in_the_middle_leaves_nothing(archive: Archive, tmp_path: Path) -> None:
    with Archive(tmp_path / "full") as full:
        fill(full)
        content = json.loads(exported(full, tmp_path / "all.json").read_text())
    content["sounds"][content["attempts"][-1]["id"]] = "no base64!"
    (tmp_path / "all.json").write_text(json.dumps(content))
    with pytest.raises(UsageError, match="is not base64"):
        transfer.imported(archive, tmp_path / "all.json")
    assert list(archive.rows()) == []
    assert list(archive.audio.iterdir()) == []


def test_a_target_that_cannot_be_written_leaves_nothing(archive: Archive, tmp_path: Path) -> None:
    fill(archive)
    with pytest.raises(ArchiveError, match="no folder"):
        upkeep.back_up(archive, tmp_path / "no folder" / "b.zip")


def test_anki_cards_ask_with_the_follow_up_and_hold_the_outline(tmp_path: Path) -> None:
    from tests.review_sample import LIBRARY
    from voice_coach.show.anki import Lost, write_deck

    drill = LIBRARY.drill(answer().drill)
    lost = [Lost(drill, LIBRARY.rubric_for(drill), need.id, "missed", START) for need in drill.concepts[:3]]
    target = tmp_path / "deck.apkg"
    assert write_deck(target, lost, START) == 3
    with zipfile.ZipFile(target) as packed:
        packed.extract("collection.anki2", tmp_path)
    with closing(sqlite3.connect(tmp_path / "collection.anki2")) as deck:
        fields = [row[0].split("\x1f") for row in deck.execute("SELECT flds FROM notes ORDER BY id")]
    assert {len(note) for note in fields} == {6}
    assert any("<li>" in note[4] for note in fields)
    assert all(note[0] and note[1] for note in fields)
