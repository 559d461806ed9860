"""The study of binary and ranked answers goes on from the models that are kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import study
import study_table
from kept import KeptModels, Tested
from real_corpora import CORPORA


def scored_model(right: int) -> Tested:
    """Return one with F1 of about right / 40, on twelve documents."""
    return Tested(
        [right] * 12, [40] * 12, [40, 38] * 6, others=0.97, per_label={}, effort={}, commit="0" * 40
    )


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeptModels:
    monkeypatch.setattr("kept.ROOT", tmp_path)
    (tmp_path / "build").mkdir()
    return KeptModels("study-finer")


def test_only_what_is_missing_of_a_replicate_is_simulated_and_trained(
    kept: KeptModels, monkeypatch: pytest.MonkeyPatch
):
    trained: list[list[str]] = []
    simulated: list[tuple[str, int]] = []

    def simulate(self: study.Part) -> None:
        simulated.extend((arm, seed) for arm in self.arms for seed in self.seeds)

    monkeypatch.setattr(study.Part, "simulate", simulate)
    monkeypatch.setattr(study, "open_plan", lambda corpus, models, folder: models)
    monkeypatch.setattr(
        study, "measure", lambda plan, models: trained.append(list(map(str, models)))
    )
    monkeypatch.setattr(study, "tested", lambda measured, model, effort: scored_model(20))
    finer = CORPORA[1]
    kept.add({study.kept_name("random", "robust", 0): scored_model(30)})
    part = study.Part(finer, ("ranked", "random"), range(2), ("robust",))
    part.complete(kept)
    assert [len(models) for models in trained] == [1, 2]
    assert "ranked-0" in trained[0][0]
    assert kept[study.kept_name("random", "robust", 0)] == scored_model(30)
    assert study.THE_BASE in kept

    again = KeptModels("study-finer")
    before = list(simulated)
    part.complete(again)
    assert simulated == before
    assert len(trained) == 2


def test_rows_are_of_all_that_is_kept_and_of_nothing_else(kept: KeptModels):
    finer = CORPORA[1]
    kept.add({study.THE_BASE: scored_model(10)})
    for seed in study.FEWER:
        kept.add({study.kept_name("teach", "robust", seed): scored_model(20 + seed)})
    rows: dict[str, Any] = dict(study.differences(finer, kept)) | dict(study.levels(finer, kept))
    assert set(rows) == {"1.finer", "f1.finer-teach-robust", "3.finer-others-teach"}
    assert rows["1.finer"]["n"] == len(study.FEWER)
    assert rows["1.finer"]["value"] == pytest.approx(
        sum(
            kept[study.kept_name("teach", "robust", s)].f1 - scored_model(10).f1
            for s in study.FEWER
        )
        / len(study.FEWER)
    )


def test_the_tables_show_what_is_kept_and_say_which_target_is_missed_by_what(
    kept: KeptModels,
):
    """Robust training is as good as usual training, and single spans hardly lift the base."""
    kept.add({study.THE_BASE: scored_model(20)})
    for seed in study.FEWER:
        for arm, right in (("teach", 21), ("random", 35)):
            for policy in study.POLICIES:
                kept.add({study.kept_name(arm, policy, seed): scored_model(right)})
    both = {"conll": KeptModels("study-conll"), "finer": kept}
    both["conll"].add({study.THE_BASE: scored_model(8)})
    rows = study_table.rows_of(both)
    f1 = list(
        study_table.f1_lines(rows, {name: one[study.THE_BASE].f1 for name, one in both.items()})
    )
    assert f1[0] == "| arm | CoNLL, usual | CoNLL, robust | FiNER, usual | FiNER, robust |"
    assert f1[3] == "| ranked | - | - | - | - |"
    assert f1[4].startswith("| random | - | - | .886 [.886, .886] |")
    assert f1[-1] == "| the base | .203 | | .506 | |"
    lines = list(study_table.difference_lines(rows))
    said = {line.split(" | ")[0].strip("| "): line.split(" | ") for line in lines if "5 |" in line}
    assert said["1. teach, robust, minus the base"][5:] == [
        "> 0; mean ≥ .05",
        "**missed** by its mean |",
    ]
    assert said["teach minus random segments, robust"][5:] == ["> -.05", "**missed** |"]
    assert said["3. robust minus usual, random"][5:] == ["> -.02; mean ≥ 0", "met |"]
    assert "ranked minus random" not in " ".join(lines)
    assert len(list(study_table.learning_lines(rows))) == 2  # the head alone
    for seed in study.FEWER:
        kept.add({study.kept_name("teach-learning", "robust", seed): scored_model(21 + seed)})
    told = list(study_table.learning_lines(study_table.rows_of(both)))[2:]
    assert [line.split(" | ")[0] for line in told] == ["| FiNER, teach"]
    assert told[0].endswith(f"| {len(study.FEWER)} |")
