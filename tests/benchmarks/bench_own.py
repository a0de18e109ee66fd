"""How well a rubric of one's own is understood without training, on fields that the head for it never saw.

    python -m tests.benchmarks.bench_own
    tests/run -m bench tests/benchmarks/bench_own.py

Each rubric of `rubrics/training/own` is judged by a head that learnt from the others (`training/fit_matching.py`).
"""

from __future__ import annotations

import pytest

from tests.benchmarks.training.fit_matching import all_tried, report
from voice_coach.check.reader import Reader

pytestmark = pytest.mark.bench


def test_a_rubric_outside_ai_is_understood() -> None:
    assert report(all_tried(Reader())) >= 0.75


if __name__ == "__main__":
    report(all_tried(Reader()))
