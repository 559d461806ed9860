"""Reasons that were tested by training: planted ones are found, and others are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prodigy.util import set_hashes

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.effects import find_square, label_form, selection
from prodigy_al.comparison.masking import mask
from prodigy_al.comparison.measurements import Measurements, Model, Row
from prodigy_al.comparison.measuring import measure
from prodigy_al.comparison.thinning import cut
from prodigy_al.comparison.variants import MASKED, UNDONE
from prodigy_al.errors import OptionError
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.paired import side_value
from prodigy_al.inputs.questions import find_questions
from prodigy_al.ner.pipelines import load_pipeline
from prodigy_al.report.build import build_report
from prodigy_al.report.reasons import Reason
from prodigy_al.report.schema import Report

Drawn = Callable[..., Arm]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where runs are stored, so that this file trains each once."""
    return tmp_path_factory.mktemp("finished")


def questions(arms: list[Arm], world: Path) -> Any:
    return find_questions(arms, ["ORG"], load_pipeline(str(world / "base")), [0])


def verdicts(report: Report, arm: str) -> dict[str, Reason]:
    return {one.id: one for one in report.verdicts if one.arm == arm}


def f1(model: Model, measured: Measurements) -> float:
    value = side_value(measured.side(Row(model, "test")))
    assert value is not None
    return value


def as_spans(arm: Arm, name: str, world: Path) -> Arm:
    """Return an arm as if each of its segments had been asked about by one span of the base's."""
    dev = replace(arm, train=arm.dev)
    return replace(
        arm,
        dataset=name,
        strategy=name,
        train=mask(arm.train, questions([arm], world)[0]),
        dev=mask(arm.dev, questions([dev], world)[0]),
    )


@pytest.fixture
def three(plan: Any, drawn: Drawn, world: Path, finished: Path) -> Measurements:
    """Random, ranked and single spans; the latter of random texts, so that nothing selects them."""
    arms = [
        drawn("random", "random", number=100),
        drawn("ranked", "ranked", 1, number=100),
        as_spans(drawn("other", "random", 2, number=100), "teach", world),
    ]
    asked = questions(arms, world)
    return measure(plan(arms, questions=asked, remedy="robust", output=finished))


def test_the_parts_of_a_split_gap_add_up_to_the_gap(three: Measurements):
    teach = three.plan.arms[2]
    form, chosen = (part(teach, "usual", three) for part in (label_form, selection))
    assert not isinstance(form, Unavailable)
    assert not isinstance(chosen, Unavailable)
    random = Model("random", "usual")
    gap = three.difference(Model("teach", "usual"), random).value
    assert gap == pytest.approx(form.compared.value + chosen.compared.value, abs=1e-12)
    assert form.compared.value == pytest.approx(
        f1(replace(random, variant=MASKED), three) - f1(random, three), abs=1e-12
    )


def test_the_two_by_two_of_an_arm_adds_up_along_both_ways(three: Measurements):
    square = find_square(three.plan.arms[1], "usual", three)
    assert not isinstance(square, Unavailable)
    assert square.active_whole is not None
    (forms,) = [one for one in build_report(three).why.forms if one.arm == "ranked"]
    found = {name: one.difference or 0.0 for name, one in forms.effects.items()}
    one_way = found["selection-whole"] + found["form-active"]
    assert one_way == pytest.approx(found["form-random"] + found["selection-single"], abs=1e-12)
    assert [cell.form for cell in forms.cells] == ["whole", "single", "whole", "single"]
    masked = three.variants["ranked", MASKED][0]
    assert forms.left_out["ranked"] == len(three.trains["ranked"]) - len(masked)


def test_where_single_spans_alone_hurt_the_label_form_is_supported_and_selection_is_not(
    three: Measurements,
):
    """The usual training of spans that chance picked: all that is lost is lost by their form."""
    report = build_report(three)
    found = verdicts(report, "teach")
    assert found["label-form"].verdict == "supported"
    assert found["selection-train"].verdict != "supported"
    (complaint,) = [
        one for one in report.why.ledger if (one.arm, one.id) == ("teach", "no-better-than-random")
    ]
    tried = {one.against: one for one in complaint.remedies}
    assert tried["label-form"].closed.difference == pytest.approx(-found["label-form"].number)
    assert tried["label-form"].closed.low > 0
    # of whole segments the form explains nothing, whatever single spans would have cost
    assert all("label-form" not in one.reasons for one in report.why.ledger if one.arm == "ranked")


def test_where_selection_alone_hurts_it_is_supported_and_the_label_form_is_not(
    plan: Any, drawn: Drawn, finished: Path
):
    """Whoever asks about texts without a name learns of none; and single spans lose nothing where
    the only name of a text is asked about, and what was not asked about counts as outside.
    """
    random = drawn("random", "random", number=120)
    few = [i for i, one in enumerate(random.train.items) if len(one.accepted) <= 1]
    random = replace(random, train=random.train.take(few))
    ranked = drawn("ranked", "ranked", number=300)
    none = [i for i, one in enumerate(ranked.train.items) if not one.accepted]
    ranked = replace(ranked, train=cut(ranked.train.take(none), len(random.train)))
    asked = {
        one.input_hash: one.accepted[0] if one.accepted else (0, 1, "ORG")
        for arm in (random, ranked)
        for one in arm.train.items
    }
    report = build_report(
        measure(plan([random, ranked], ["usual-outside"], questions={0: asked}, output=finished))
    )
    found = verdicts(report, "ranked")
    assert found["selection-train"].verdict == "supported"
    assert found["selection-train"].number < -0.1
    assert verdicts(report, "random")["label-form"].verdict != "supported"
    assert found["label-form"].verdict != "supported"


def test_selection_is_undone_at_equal_numbers_of_answers(three: Measurements):
    undone = verdicts(build_report(three), "ranked")["selection-train"].details["undone"]
    size = undone["answers"]
    assert size == len(three.variants["ranked", UNDONE][0]) < len(three.trains["ranked"])
    for dataset in ("ranked", "random"):
        assert len(three.variants[dataset, f"cut to {size} answers"][0]) == size


def test_why_changes_no_number_and_trains_nothing_again(
    three: Measurements, plan: Any, finished: Path
):
    said: list[str] = []
    bare = plan(three.plan.arms, output=finished)
    plain = build_report(measure(bare, said.append))
    # base and three arms were finished, so that nothing of it was left to train
    assert said == [f"4 of 4 runs were finished before and are taken from {bare.cache.folder}"]
    told = build_report(three)
    assert told.verdicts
    assert replace(told, verdicts=(), why=None) == plain
    assert plain.why is None
    again: list[str] = []
    assert build_report(measure(three.plan, again.append)) == told
    done, _, total = again[0].split()[:3]
    assert int(done) == int(total) > 4


def test_forgetting_is_measured_and_remedied_by_the_policy_that_keeps_other_labels(
    three: Measurements,
):
    report = build_report(three)
    found = verdicts(report, "ranked")["forgetting"]
    others = report.arms["ranked"].runs["usual"].others
    assert found.number == pytest.approx(others.agreement_f1)
    assert (found.low < 0.95) == (found.verdict != "refuted")
    assert Model("ranked", "robust", variant="remedy") in three
    assert Model("ranked", "robust") not in three.models()


def test_without_a_control_or_candidates_nothing_is_guessed(
    plan: Any, drawn: Drawn, predicted: Callable[..., Measurements]
):
    arms = [drawn("ranked", "ranked", 1), drawn("teach", "teach", 2)]
    gold = {name: lambda item: set(item.accepted) for name in ("ranked", "teach")}
    measured = predicted(plan(arms, questions={}), lambda item: set(), **gold)
    report = build_report(measured)
    ranked, teach = verdicts(report, "ranked"), verdicts(report, "teach")
    assert ranked["label-form"].why.startswith("the base proposes no span")
    for one in (ranked["selection-train"], ranked["noise"], teach["label-form"]):
        assert one.verdict == "not identifiable"
        assert one.number is None
        assert one.why
    assert not report.why.forms
    assert set(report.why.no_forms) == {"ranked", "teach"}


def test_without_training_there_is_no_why(opened: Any, examples: Any):
    answers = {"news": [set_hashes(one) for one in examples(40)]}
    with pytest.raises(OptionError, match="--why"):
        opened("news", answers, why=True, quick=True, policies=None)
    assert opened("news", answers).questions is None
    planned = opened("news", answers, why=True)
    assert planned.questions
    assert planned.remedy == "robust"
