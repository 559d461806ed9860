"""What the study of strategies trains, and what its table says of the differences."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import real_corpora  # noqa: E402
import strategies  # noqa: E402
import strategies_table  # noqa: E402
from drawn import ANSWERS, RANDOM, SECONDS  # noqa: E402
from real_corpora import CORPORA  # noqa: E402

from prodigy_al.scoring.acquisition import ACQUISITIONS  # noqa: E402


def row(value: float, p: float, n: int = strategies.REPLICATES) -> dict[str, Any]:
    return {"value": value, "low": value - 0.01, "high": value + 0.01, "p": p, "n": n}


def test_seven_scores_are_trained_from_at_equal_answers_first_and_random_once():
    assert len(set(strategies.STRATEGIES)) == 7
    assert set(strategies.STRATEGIES) <= set(ACQUISITIONS)
    parts = strategies.all_parts(CORPORA)
    names = [(c.name, one.name(seed)) for c, seed, wanted in parts for one in wanted]
    each = len(CORPORA) * strategies.REPLICATES * len(strategies.BUDGETS)
    assert len(names) == len(set(names)) == each * (2 * 7 + 2) + 2 * len(CORPORA)
    order = [wanted[0].equal for _, _, wanted in parts]
    assert order == sorted(order, key=[ANSWERS, SECONDS, strategies.POOL].index)


def test_a_study_that_finds_all_models_kept_writes_its_rows_in_a_fresh_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A clone has no folder build, and a study that trains nothing has made none."""
    monkeypatch.setattr(real_corpora, "BUILD", tmp_path / "build")
    real_corpora.write_result("strategies", rows={"f1": 0.5})
    assert json.loads((tmp_path / "build" / "strategies.json").read_text())["rows"] == {"f1": 0.5}


def answers(*lengths: int) -> list[dict[str, Any]]:
    return [{"tokens": [{}] * length, "spans": [], "answer": "accept"} for length in lengths]


def test_equal_seconds_are_those_of_as_many_random_answers(monkeypatch: pytest.MonkeyPatch):
    """Each costs 1.5 s and a quarter of a second a token: 5.5 s for 16, 9.5 s for 32."""
    stored = {RANDOM: answers(32, 32, 1), "mnlp": answers(*[16] * 9)}
    monkeypatch.setattr(strategies.Ranked, "answers", lambda self, count: stored[self.strategy])
    ranked = strategies.Ranked(CORPORA[0], "mnlp", seed=0)
    assert len(ranked.first(strategies.Wanted("mnlp", SECONDS, 2))) == 3
    assert len(ranked.first(strategies.Wanted("mnlp", ANSWERS, 2))) == 2
    control = strategies.Ranked(CORPORA[0], RANDOM, seed=0)
    assert len(control.first(strategies.Wanted(RANDOM, ANSWERS, 2))) == 2


def test_a_rank_whose_answers_run_out_gives_all_of_them(monkeypatch: pytest.MonkeyPatch):
    stored = {RANDOM: answers(*[320] * 5), "mnlp": answers(*[16] * 9)}
    monkeypatch.setattr(strategies.Ranked, "answers", lambda self, count: stored[self.strategy])
    ranked = strategies.Ranked(CORPORA[0], "mnlp", seed=0)
    assert len(ranked.first(strategies.Wanted("mnlp", SECONDS, 5))) == 9


def test_the_table_corrects_for_all_differences_and_says_which_pay():
    rows = strategies.adjusted(
        {
            "f1.finer-random-1000-answers": {"value": 0.561, "n": strategies.REPLICATES},
            "answers.finer-mnlp-1000": row(0.03, 0.001),
            "seconds.finer-mnlp-1000": row(0.02, 0.02),
            "answers.conll-tag-count-250": row(-0.04, 0.002, n=2),
            "f1.conll-random-pool-pool": {"value": 0.8, "n": 2},
            "lookup.finer-lookup-500": {"value": -0.2, "low": -0.25, "high": -0.15, "n": 5},
        }
    )
    holm = {name: found["holm"] for name, found in rows.items() if "holm" in found}
    assert list(holm.values()) == pytest.approx([0.003, 0.02, 0.004])
    lines = list(strategies_table.lines(rows))
    assert "| random order, F1 | | - | - | .561 | - | - | - |" in lines
    assert "| the whole pool, F1 | | | | - | | | .800 (n = 2) |" in lines
    looked_up = "| accepted names, looked up | answers | - | -.200 [-.250, -.150] | - | - | - | - |"
    assert looked_up in lines
    mnlp = [line for line in lines if line.startswith("| `mnlp`")]
    assert mnlp == [
        "| `mnlp` | answers | - | - | **+.030** [+.020, +.040] | - | - | - |",
        "| `mnlp` | seconds | - | - | **+.020** [+.010, +.030] | - | - | - |",
    ]
    said = list(strategies_table.findings(rows))
    assert said[0].startswith("Of 3 differences, 2 above 0 and 1 below are found after Holm.")
    assert said[2] == "- `mnlp`: ahead of random at FiNER 1,000 (answers), FiNER 1,000 (seconds)."
    assert said[-1] == "- `tag-count`: behind it at CoNLL 250 (answers)."
    assert "- `form-quota`: not measured yet." in said


def test_a_difference_that_may_be_chance_is_not_said_to_be_one():
    rows = strategies.adjusted({"answers.finer-mnlp-500": row(0.03, 0.06)})
    assert "- `mnlp`: no difference found in 1 cells." in list(strategies_table.findings(rows))
    assert not any("**" in line for line in strategies_table.lines(rows))
