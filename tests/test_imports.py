"""Imports point one way, and what is slow or needs a device is imported late: read from the code itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import voice_coach
from voice_coach.cli import COMMANDS

PACKAGE = Path(voice_coach.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))

ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "records": set(),
    "clock": set(),
    "memory": set(),
    "content": {"errors", "records"},
    "events": {"records", "content"},
    "interviewer": {"records", "content"},
    "along": {"errors", "records", "events", "interviewer"},
    "audio": {"errors", "records", "clock"},
    "speech": {"errors", "records", "events", "memory"},
    "check": {"errors", "records", "content", "memory"},
    "history": {"errors", "records", "content"},
    "workshop": {"errors", "records", "content", "check", "interviewer"},
    "practice": {
        "errors",
        "records",
        "clock",
        "content",
        "events",
        "interviewer",
        "along",
        "audio",
        "speech",
        "check",
        "history",
    },
    "afterwards": {"errors", "records", "clock", "content", "events", "audio", "speech", "practice"},
    "show": {"records", "content", "events"},
    "demo": {"content"},
    "doctor": {"errors", "records", "audio", "practice"},
}
"""Every room below `cli` with the rooms that it may import, itself apart; a room stands below those it imports."""

LIBRARIES = {
    "sounddevice": {"audio"},
    "pulsectl": {"audio"},
    "pyttsx3": {"speech"},
    "faster_whisper": {"audio", "speech"},
    "huggingface_hub": {"speech"},
    "onnxruntime": {"check"},
    "sqlite3": {"history"},
    "fsrs": {"history"},
    "yaml": {"content"},
    "ruamel": {"workshop"},
    "markdown_it": {"workshop"},
    "rich": {"show", "cli"},
    "typer": {"cli"},
}
"""Libraries that belong to some rooms only."""

PURE = (
    "audio/endpoint.py",
    "audio/dropouts.py",
    "speech/cutting.py",
    "speech/guards.py",
    "speech/voicing.py",
    "speech/utterances.py",
    "check/delivery.py",
)
"""State machines and measures: nothing but their arguments, so that a test can give them anything."""
PURE_LIBRARIES = {"__future__", "collections", "dataclasses", "itertools", "re", "typing", "unicodedata"}

HEAVY = {"numpy", "av", "pydantic", "rich", "yaml", "onnxruntime", "tokenizers", "faster_whisper", "ctranslate2",
         "sounddevice", "pulsectl", "pyttsx3", "sqlite3", "huggingface_hub", "fsrs"}  # fmt: skip


@cache
def imported(module: Path) -> frozenset[str]:
    """Full names of everything that a module imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse((PACKAGE / module).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{module}:{node.lineno}: write the import in full"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def room(module: Path) -> str:
    return module.parts[0].removesuffix(".py")


def rooms_imported(module: Path) -> set[str]:
    inside = {name.split(".")[1] for name in imported(module) if name.startswith("voice_coach.")}
    return inside - {room(module), "__version__"}


def libraries_imported(module: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(module)} - {"voice_coach"}


def test_every_room_stands_below_those_that_it_imports() -> None:
    names = list(ROOMS)
    for name, below in ROOMS.items():
        assert below <= set(names[: names.index(name)])
    assert {room(module) for module in MODULES} - {"__init__", "__main__", "cli"} == set(ROOMS)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_only_from_rooms_below(module: Path) -> None:
    if room(module) == "cli":
        assert "__main__" not in rooms_imported(module)
    else:
        allowed = {"__main__": {"cli"}, "__init__": set[str]()} | ROOMS
        assert rooms_imported(module) <= allowed[room(module)]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_used_in_its_rooms_only(library: str) -> None:
    users = {room(module) for module in MODULES if library in libraries_imported(module)}
    assert users <= LIBRARIES[library]


def test_the_check_knows_neither_time_nor_chance_nor_a_network() -> None:
    for module in MODULES:
        if room(module) == "check":
            assert not libraries_imported(module) & {
                "time",
                "datetime",
                "random",
                "secrets",
                "socket",
                "urllib",
            }


@pytest.mark.parametrize("module", PURE)
def test_pure_logic_needs_nothing_but_its_arguments(module: str) -> None:
    assert libraries_imported(Path(module)) <= PURE_LIBRARIES
    assert rooms_imported(Path(module)) <= {"records"}


def loaded(code: str) -> set[str]:
    """Modules that a fresh interpreter has imported after `code`."""
    code = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_way_in_imports_nothing_heavy() -> None:
    names = loaded("from voice_coach.cli import application; application()")
    assert "voice_coach.cli.practice" in names
    assert not HEAVY & {name.partition(".")[0] for name in names}


def test_a_command_imports_no_other_group_of_commands() -> None:
    names = loaded("from voice_coach.cli import application; application('replay')")
    assert names & {f"voice_coach.cli.{module}" for module in COMMANDS} == {"voice_coach.cli.review"}
