"""Fixtures shared by the tests that start the program or use a sound server."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.program import Program
from tests.virtual_sound import VirtualSound, sound_env
from voice_coach.speech import weights
from voice_coach.speech.whisper import Whisper

if TYPE_CHECKING:
    from collections.abc import Iterator

# A build fails for what was changed, never for an example that chance found today; `--hypothesis-profile=explore` looks
# for new ones.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("explore"), derandomize=True)
settings.load_profile("same")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the weights of `base`, joined from their packages. Not to be changed."""
    folder = tmp_path_factory.mktemp("used") / "models"
    weights.locate("base", folder)
    return folder


@pytest.fixture(scope="session")
def whisper(models: Path) -> Whisper:
    """The real recogniser, loaded once."""
    return Whisper(weights.locate("base", models), name="base")


@pytest.fixture(scope="session")
def used_home(models: Path) -> Path:
    """A data folder in which an answer was judged: what is made once, on first use, is there. Not to be changed."""
    judged = Program(models.parent).run(
        "check", "-", typed="we stream the words so that the first one shows at once"
    )
    assert judged.returncode == 0, judged.stderr
    return models.parent


@pytest.fixture
def home(tmp_path: Path, used_home: Path) -> Path:
    """A data folder of the test's own, without attempts; files that were made on first use are shared."""
    return Path(shutil.copytree(used_home, tmp_path / "home", copy_function=os.link))


@pytest.fixture
def program(home: Path) -> Program:
    """The program with an empty data folder and no sound."""
    return Program(home)


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
