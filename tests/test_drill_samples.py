"""The samples of every drill come out in the order in which they were written; one test a drill, all faults told.

What fails here is mended in the judge or the rubric, never in the samples; `voice-coach drills lint --samples` tells
the same with lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from voice_coach.cli.desk import judge
from voice_coach.content.load import Library
from voice_coach.workshop.samples import sample_faults

if TYPE_CHECKING:
    from voice_coach.content.models import Drill
    from voice_coach.interviewer import Judging

LIBRARY = Library()
DRILLS = {drill.id: drill for drill in LIBRARY.drills()}


@pytest.fixture(scope="module")
def judging(tmp_path_factory: pytest.TempPathFactory) -> Judging:
    return judge(tmp_path_factory.mktemp("judge"), LIBRARY.core())


@pytest.mark.parametrize("drill", DRILLS.values(), ids=DRILLS)
def test_samples_come_out_in_order(drill: Drill, judging: Judging) -> None:
    faults = sample_faults(drill, LIBRARY.rubric_for(drill), judging)
    if faults:
        pytest.fail("; ".join(f"{'.'.join(loc)} {text}" for loc, text in faults), pytrace=False)
