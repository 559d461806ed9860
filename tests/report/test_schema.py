"""report.json holds what other programs rely on, and nothing that JSON cannot say."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.planning import Size
from prodigy_al.report import metrics, parts, reasons, schema
from prodigy_al.report.files import to_json, write_report
from prodigy_al.report.kinds import PlainMetric

# Programs read these keys: one that goes or changes its name breaks them.
KEYS = {
    schema.Report: "version answer next target labels model pool seeds policies test base arms "
    "strategies matrix curves verdicts health exchange machine plan strata why command go_on",
    metrics.Metric: "f1 p r low high n no_interval",
    metrics.TestMetric: "f1 p r low high n no_interval per_seed",
    metrics.WeightedMetric: "f1 p r low high n no_interval method interval low_pool high_pool ess "
    "worth m n_pool largest_weight missing if_missing_wrong if_missing_right on cautions "
    "coefficient plain",
    PlainMetric: "f1 low high low_pool high_pool",
    metrics.Comparison: "difference low high p detectable no_interval",
    metrics.ControlComparison: "difference low high p detectable no_interval against train "
    "against_train binary_against_whole mixed_against_whole",
    metrics.SecondsComparison: "difference low high p detectable no_interval against train "
    "against_train binary_against_whole mixed_against_whole seconds simulated cut answers "
    "against_answers",
    parts.Interval: "value low high",
    schema.TestSet: "name segments groups gold_spans unusable_spans overlap ignored",
    schema.Overlap: "segments short trained_on_removed",
    schema.Base: "test dev",
    schema.Dev: "usual weighted ignored candidates vs_base",
    parts.Share: "share n",
    parts.Within: "precision recall outside n",
    schema.Arm: "strategy seed fold_salt answers contradictions reading segments tokens entities "
    "seconds seconds_per_answer train dev_answers runs no_control shares_documents "
    "seconds_simulated parts source conditions",
    parts.Part: "strategy seed form answers seconds train dev_answers dev_left_out",
    schema.Run: "dev test test_unseen_text vs_base vs_random effort_to_random no_effort others gap "
    "guard vs_random_seconds curve_vs_random",
    parts.CurveComparison: "until difference leads since",
    schema.Reading: "repeats off_tokens unasked several_annotators copied in_both agreement",
    parts.Agreement: "value low high of same n",
    schema.Effort: "answers tokens entities seconds",
    schema.OtherLabels: "agreement_f1 per_label worst",
    parts.WorstLabel: "label agreement_f1 before",
    schema.OtherLabel: "before after agreement_f1",
    schema.Strategy: "datasets replicates compared left_out test vs_random vs_random_this_test "
    "no_comparison sd vs_random_seconds vs_base",
    parts.Exchange: "dataset control policy binary_per_segment low high answers segments "
    "times_faster measured why",
    parts.Gap: "selection rest",
    parts.Guard: "outcome on answers needed said",
    Size: "now needed low high",
    parts.ArmSizes: "against test_segments training_seeds replicates dev_answers answers",
    parts.Planned: "difference power level arms base",
    parts.Strata: "by n short medium running dev_of dev_answers kinds said",
    parts.Stratum: "share spans errors answers test",
    parts.StratumAnswers: "train dev train_share missed",
    parts.StratumTest: "segments gold_spans base arms",
    parts.StratumScore: "f1 recall",
    schema.Spread: "selection training test",
    schema.Cell: "policy model set kind f1 low high leak",
    reasons.Reason: "id arm policy verdict number low high n unit p why next details",
    reasons.Remedy: "against what closed answers instead_of",
    reasons.Complaint: "id arm policy said gap reasons remedies",
    reasons.FormCell: "answers_of form dataset answers f1",
    reasons.Forms: "arm policy cells effects left_out",
    reasons.Why: "ledger forms no_forms",
    schema.CurvePoint: "dataset policy answers tokens entities seconds f1 low high",
}


def test_every_part_of_the_report_is_listed_above():
    there = [one for module in (schema, parts, metrics, reasons) for one in vars(module).values()]
    assert {part for part in there if is_dataclass(part)} - {Unavailable} == set(KEYS)


@pytest.mark.parametrize("part", KEYS, ids=lambda part: part.__name__)
def test_the_keys_are_stable(part: Any):
    assert {field.name for field in fields(part)} == set(KEYS[part].split())


def small_report() -> schema.Report:
    metric = metrics.Metric(f1=1e-12, p=None, r=0.5, low=None, high=None, n=3)
    dev = schema.Dev(usual=metric, weighted=Unavailable("no probabilities"))
    overlap = schema.Overlap(segments=0, short=0, trained_on_removed={})
    return schema.Report(
        answer="Ja – été",
        next="",
        target="F1",
        labels=["ORG"],
        model={"name": "base"},
        seeds=[0],
        policies=["usual"],
        test=schema.TestSet(
            name="t", segments=3, groups=1, gold_spans=2, unusable_spans=0, overlap=overlap
        ),
        base=schema.Base(test=metric, dev={"news": dev}),
        arms={},
        strategies={},
        matrix=[],
        curves=[],
    )


def test_what_is_written_is_the_report_to_the_last_digit(tmp_path: Path):
    report = small_report()
    path = write_report(report, tmp_path / "new" / "folder")
    assert json.loads(path.read_text(encoding="utf8")) == to_json(report)
    assert to_json(report)["base"]["test"]["f1"] == 1e-12
    assert to_json(report)["base"]["dev"]["news"]["weighted"] == {"unavailable": "no probabilities"}
    assert "été" in path.read_text(encoding="utf8")


def test_what_is_not_filled_yet_is_null_or_empty():
    report = to_json(small_report())
    assert report["pool"] is None
    assert report["plan"] is None
    assert report["strata"] is None
    assert report["why"] is None
    assert [report[key] for key in ("verdicts", "health", "exchange", "machine")] == [
        [],
        [],
        [],
        {},
    ]


def test_a_number_that_json_cannot_say_is_refused(tmp_path: Path):
    report = small_report()
    broken = schema.Report(**{**vars(report), "machine": {"speed": float("nan")}})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_report(broken, tmp_path)
    assert not (tmp_path / "report.json").exists()
