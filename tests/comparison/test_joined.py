"""`b+c`: several datasets as one arm, read, cut, compared and said to be that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.artifacts import folder_name
from prodigy_al.comparison.controls import find_control, why_no_control
from prodigy_al.comparison.cuts import Cut
from prodigy_al.comparison.effort import Effort
from prodigy_al.comparison.testset import read_test, remove_overlap
from prodigy_al.comparison.whole_dev import find_weighted_dev
from prodigy_al.errors import AnswerError, OptionError
from prodigy_al.report.joined import describe_parts
from prodigy_al.report.tables import render_tables
from prodigy_al.sampling.inclusion import inclusion

Examples = list[dict[str, Any]]
RANDOM, TEACH, MIXED = "news-random-0", "news-teach-0", "news-random-0+news-teach-0"


def hashes(answers: Any) -> set[int]:
    return {item.input_hash for item in answers.items}


def in_fold(examples: Examples, fold: str) -> Examples:
    return [one for one in examples if one["al"]["fold"] == fold]


def changed(examples: Examples, **fields: Any) -> Examples:
    """Return the answers with other fields in their records."""
    return [{**one, "al": {**one["al"], **fields}} for one in examples]


@pytest.fixture
def mixed(opened: Any, simulated: Any) -> Arm:
    """Whole segments of al.random, then single spans of al.teach."""
    (found,) = opened(MIXED, simulated).arms
    return found  # type: ignore[no-any-return]


def test_each_answer_keeps_its_form_and_the_whole_segment_wins(
    opened: Any, simulated: Any, mixed: Arm
):
    whole, single = opened(f"{RANDOM},{TEACH}", simulated).arms
    both = hashes(whole.train) & hashes(single.train)
    assert mixed.train.form == "mixed"
    assert mixed.in_both == len(both) > 0
    assert hashes(mixed.train) == hashes(whole.train) | hashes(single.train)
    for item in mixed.train.items:
        of_whole = item.input_hash in hashes(whole.train)
        assert mixed.train.form_of(item) == ("full" if of_whole else "binary")
        assert item in (whole if of_whole else single).train.items
    # in the order of time: what was met first comes first
    assert mixed.train.items[: len(whole.train)] == whole.train.items


def test_dev_answers_and_their_weights_are_those_of_the_whole_segments(
    opened: Any, simulated: Any, mixed: Arm
):
    whole, single = opened(f"{RANDOM},{TEACH}", simulated).arms
    assert mixed.dev == whole.dev
    assert mixed.dev_part.dataset == RANDOM
    served = [pair for pair in mixed.records.items() if pair[1].fold == "dev"]
    own = [pair for pair in whole.records.items() if pair[1].fold == "dev"]
    assert inclusion(served).tolist() == inclusion(own).tolist()
    assert mixed.train_sizes == whole.train_sizes
    assert find_weighted_dev(mixed, [mixed]) is mixed
    # neither trained on nor counted, yet they were asked about
    assert hashes(single.dev) - hashes(whole.dev)
    assert hashes(single.dev).isdisjoint(hashes(mixed.train))
    assert hashes(single.dev) <= mixed.hashes
    # in the other order of time too: single spans do not tell F1
    (turned,) = opened(f"{TEACH}+{RANDOM}", simulated).arms
    assert turned.dev == whole.dev


def test_single_spans_without_dev_answers_can_be_joined(opened: Any, simulated: Any, mixed: Arm):
    (found,) = opened(f"{RANDOM}+c", {"c": in_fold(simulated[TEACH], "train")}).arms
    assert found.train.items == mixed.train.items
    assert found.dev == mixed.dev
    assert [part.dev_left_out for part in describe_parts(found).values()] == [0, 0]


def test_alone_they_are_refused_and_joining_is_what_to_do(opened: Any, simulated: Any):
    with pytest.raises(AnswerError, match=r"dev fold: annotate more, or give WHOLE\+c, with"):
        opened("c", {"c": in_fold(simulated[TEACH], "train")})


def test_effort_is_the_sum_of_the_parts(opened: Any, simulated: Any, mixed: Arm):
    whole, single = (arm.effort for arm in opened(f"{RANDOM},{TEACH}", simulated).arms)
    assert mixed.effort == Effort(
        segments=whole.segments + single.segments,
        tokens=whole.tokens + single.tokens,
        entities=whole.entities + single.entities,
        seconds=pytest.approx(whole.seconds + single.seconds),
        seconds_per_answer=mixed.effort.seconds_per_answer,
        simulated=True,
    )
    bounds = sorted((whole.seconds_per_answer, single.seconds_per_answer))
    assert bounds[0] <= mixed.effort.seconds_per_answer <= bounds[1]
    assert sum(mixed.train.counts.values()) == 48 + 48


def test_a_curve_takes_the_first_answers_over_the_parts(opened: Any, simulated: Any):
    (found,) = opened(MIXED, simulated, curves=True).arms
    given = simulated[RANDOM] + simulated[TEACH]
    for first in found.first_answers:
        held = {one["_input_hash"] for one in given[: first.count]}
        assert hashes(first.answers) == held
    counts = [first.count for first in found.first_answers]
    assert counts[0] < 48 < counts[-1] < 96
    assert [first.answers.form for first in found.first_answers][:: len(counts) - 1] == [
        "full", "mixed",
    ]  # fmt: skip
    seconds = [first.effort.seconds for first in found.first_answers]
    assert seconds == sorted(seconds)


def test_equal_seconds_go_through_the_parts_in_order_of_time(opened: Any, simulated: Any):
    """The control took the seconds of all whole segments and of some single spans."""
    control = [{**one, "_timestamp": 1000 + 6 * i} for i, one in enumerate(simulated[RANDOM])]
    whole = [{**one, "_timestamp": 9e6 + 5 * i} for i, one in enumerate(simulated["news-ranked-0"])]
    single = [{**one, "_timestamp": 5 * i} for i, one in enumerate(simulated[TEACH])]
    given = {"control": control, "whole": whole, "single": single}
    plan = opened("control,whole+single", given, equal="seconds")
    cut = plan.cuts["whole+single"]
    assert isinstance(cut, Cut)
    assert (cut.control, cut.longer, cut.seconds) == ("control", "whole+single", 48 * 6)
    assert cut.first is not None
    assert cut.first.count == 48 + (48 * 6 - 48 * 5) // 5
    assert cut.first.effort.seconds == 5 * cut.first.count
    held = {one["_input_hash"] for one in (whole + single)[: cut.first.count]}
    assert hashes(cut.first.answers) == held
    assert cut.first.answers.form == "mixed"


def test_the_control_is_a_random_arm_of_whole_segments_and_no_part(opened: Any, simulated: Any):
    random = simulated[RANDOM]
    given = {"whole": simulated["news-ranked-0"], "single": simulated[TEACH], "a": random}
    given["spans"] = changed(simulated[TEACH], strategy="random-binary")
    arms = {arm.dataset: arm for arm in opened("a,spans,whole+single,a+single", given).arms}
    joined = arms["whole+single"]
    assert find_control(joined, list(arms.values()), any_size=True) is arms["a"]
    assert find_control(joined, [joined, arms["spans"]], any_size=True) is None
    assert "spans holds single spans" in str(why_no_control(joined, [joined, arms["spans"]]))
    of_a = arms["a+single"]
    assert find_control(of_a, list(arms.values()), any_size=True) is None
    assert "a is a part of a+single" in str(why_no_control(of_a, list(arms.values())))
    # a joined arm of random answers is no control itself
    assert not of_a.is_random


def test_the_report_says_what_is_joined_and_that_forms_are_mixed(
    opened: Any, simulated: Any, untrained: Any
):
    given = {"a": simulated[RANDOM], "b": simulated["news-ranked-0"], "c": simulated[TEACH]}
    plan = opened("a,b+c", given)
    control, joined = plan.arms
    # as many training answers as the joined arm, so that they are comparable
    control = replace(
        control,
        train=replace(joined.train, form="full", single=frozenset()),
        groups={**control.groups, **joined.groups},
    )
    report = untrained(control, joined)
    found = report.arms["b+c"]
    assert list(report.base.dev) == ["a", "b+c"]
    assert (found.strategy, found.seed) == ("ranked+teach", 0)
    assert found.reading.in_both == joined.in_both > 0
    (b, c) = found.parts.values()
    assert (b.form, b.dev_answers, b.dev_left_out) == ("full", len(joined.dev), 0)
    assert (c.form, c.dev_answers) == ("binary", 0)
    assert c.dev_left_out == len(in_fold(given["c"], "dev"))
    assert report.arms["a"].parts == {}
    run = found.runs["usual"]
    assert (run.vs_random.binary_against_whole, run.vs_random.mixed_against_whole) == (False, True)
    assert run.dev.weighted.on == "b"
    assert ", whole segments and single spans against whole segments alone)" in report.answer
    shown = render_tables(report)
    assert f"b+c is joined from 48 answers of b (whole segments, {b.train} texts to train" in shown
    assert f"Its dev answers are those of b; {c.dev_left_out} of c are neither trained" in shown
    assert f"b+c: texts in both forms: {joined.in_both} (the whole segment counts)." in shown
    assert ("b+c", "weighted") in {(cell.set, cell.kind) for cell in report.matrix}


def test_joined_arms_of_several_seeds_are_replicates_of_one_strategy(
    opened: Any, simulated: Any, untrained: Any
):
    plan = opened("news-ranked-?+news-teach-?,news-random-*", simulated)
    strategies = untrained(*plan.arms).strategies
    assert list(strategies) == ["ranked+teach", "random"]
    assert strategies["ranked+teach"]["usual"].replicates == 2
    # a design differs where that of one part does
    arm = plan.arms[0]
    assert arm.train_design == tuple(part.train_design for part in arm.parts)
    # random+teach begins with the name of a control, and is none
    report = untrained(*opened("news-random-?+news-teach-?", simulated).arms)
    assert "annotate a random control: prodigy al.random news-random-" in report.next


def test_texts_of_the_test_set_leave_and_documents_in_common_are_marked(
    opened: Any, simulated: Any, untrained: Any, mixed: Arm, arm: Any, examples: Any
):
    long = [item for item in mixed.train.items if len(item.words) >= 8]
    of_single = next(item for item in long if mixed.train.form_of(item) == "binary")
    (asked,) = [one for one in simulated[TEACH] if one["_input_hash"] == of_single.input_hash]
    gold = {key: asked[key] for key in ("text", "tokens", "meta")} | {
        "spans": [],
        "_view_id": "ner_manual",
    }
    others = [(i, {**one, "_input_hash": i}) for i, one in enumerate(examples(40))]
    test = read_test(
        "test", [(of_single.input_hash, {**gold, "_input_hash": of_single.input_hash}), *others],
        ["ORG"], tokenizer=lambda text: None,
    )  # fmt: skip
    (kept,), overlap = remove_overlap([mixed], test)
    assert overlap.removed == {MIXED: 1}
    assert of_single.input_hash not in hashes(kept)
    # its model was trained on documents of the other fold, and on none of its own
    swapped = replace(mixed, dataset="swapped", train=mixed.dev, dev=mixed.train, parts=())
    report = untrained(mixed, swapped)
    leaks = {(cell.model, cell.set) for cell in report.matrix if cell.leak}
    assert {(MIXED, "swapped"), ("swapped", MIXED)} <= leaks
    assert (MIXED, MIXED) not in leaks


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"source": {"name": "old.jsonl", "sha256": "0" * 64}}, "old.jsonl, sha256 00000000, not"),
        ({"fold_salt": "other"}, "--fold-salt other, not prodigy-al-0"),
        ({"N": 338}, "has another dev fold than b (338 segments, not"),
        ({"scorer": {"labels": ["ORG", "PLACE"]}}, "was asked about ORG, PLACE and b about ORG"),
    ],
)
def test_parts_of_other_text_folds_or_labels_are_refused(
    opened: Any, simulated: Any, fields: dict[str, Any], said: str
):
    given = {"b": simulated[RANDOM], "c": changed(simulated[TEACH], **fields)}
    with pytest.raises(AnswerError) as refused:
        opened("b+c", given)
    assert str(refused.value).startswith("b+c cannot be joined: c ")
    assert said in str(refused.value)


def test_folds_that_contradict_each_other_are_refused(opened: Any, simulated: Any):
    train = in_fold(simulated[RANDOM], "train")[0]["al"]["group"]
    c = changed(in_fold(simulated[TEACH], "dev"), group=train)
    given = {"b": simulated[RANDOM], "c": c}
    with pytest.raises(AnswerError, match=f"{train} is in the dev fold of c and in the train fold"):
        opened("b+c", given)


def test_answers_without_records_and_trials_are_refused(opened: Any, simulated: Any):
    bare = [{k: v for k, v in one.items() if k != "al"} for one in simulated[TEACH]]
    trial = [
        *changed(simulated[RANDOM], trial="random,ranked"),
        *changed(simulated["news-ranked-0"], trial="random,ranked"),
    ]
    given = {"b": simulated[RANDOM], "bare": bare, "trial": trial}
    with pytest.raises(AnswerError, match="nothing is recorded of how bare was drawn, so what"):
        opened("b+bare", given)
    with pytest.raises(OptionError, match=r"DATASETS trial\+b: .* trial/random, trial/ranked"):
        opened("trial+b", given)


def test_without_dev_answers_at_all_it_is_refused(opened: Any, simulated: Any):
    given = {"b": in_fold(simulated[RANDOM], "train"), "c": in_fold(simulated[TEACH], "train")}
    with pytest.raises(AnswerError, match=r"b\+c: none of its datasets has .* in its dev fold"):
        opened("b+c", given)


def test_its_folder_has_a_name_that_any_file_system_takes():
    assert folder_name("b+c").startswith("b_c-")
    assert folder_name("b+c") != folder_name("b_c")
