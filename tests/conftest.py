"""Fixtures shared by the tests that use a sound server."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.virtual_sound import VirtualSound, sound_env

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def sound_folder() -> Iterator[Path]:
    """A short path for the sockets, and this process led to the servers that will listen there."""
    with tempfile.TemporaryDirectory(prefix="sound-") as name, pytest.MonkeyPatch.context() as patch:
        for variable, value in sound_env(Path(name)).items():
            patch.setenv(variable, value)
        yield Path(name)


@pytest.fixture
def sound(sound_folder: Path) -> Iterator[VirtualSound]:
    """A virtual sound card, new for each test."""
    with VirtualSound(sound_folder) as virtual:
        yield virtual
