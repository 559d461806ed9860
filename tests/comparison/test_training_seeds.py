"""With one training seed no interval holds what another training would change, and that is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prodigy_al.comparison.arms import Arm
from prodigy_al.report.tables import render_tables


def test_one_training_seed_is_said_to_leave_training_out(untrained: Any, drawn: Callable[..., Arm]):
    report = untrained(drawn("ranked"), drawn("random", "random"), seeds=(0,))
    (failed,) = [check for check in report.health if not check["ok"]]
    assert (failed["id"], failed["number"]) == ("training-seeds", 1)
    assert "have no part for how much another training seed would change" in failed["why"]
    assert "documents), training 'usual', one training seed. ranked: " in report.answer
    assert report.next == "Train each arm 5 times, since one training may be lucky."
    shown = render_tables(report)
    assert shown.startswith(f"Check training-seeds: {failed['why']}.")
    assert "on test by resampling documents alone" in shown


def test_several_training_seeds_are_part_of_the_interval(untrained: Any, drawn: Callable[..., Arm]):
    report = untrained(drawn("ranked"), drawn("random", "random"), seeds=(0, 1))
    assert all(check["ok"] for check in report.health)
    shown = render_tables(report)
    assert report.answer.startswith(
        "F1 on test (200 segments of 40 documents), training 'usual'. ranked: "
    )
    assert "on test by resampling documents and training seeds" in shown
