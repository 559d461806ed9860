"""A test set of fewer than 10 groups tells no interval, and that is said before any training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prodigy_al.comparison import estimates
from prodigy_al.comparison.testset import TestSet
from prodigy_al.evaluation.bootstrap import bootstrap_score, group_resamples, paired_difference
from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.report.build import compare
from prodigy_al.report.files import to_json
from prodigy_al.report.screen import render_screen
from prodigy_al.report.tables import render_tables


def some_counts(groups: int) -> tuple[Counts, np.ndarray[Any, Any]]:
    """Return counts of 20 segments per group, and the groups."""
    rng = np.random.default_rng(groups)
    gold, found = rng.integers(1, 4, 20 * groups), rng.integers(1, 4, 20 * groups)
    arrays = (np.minimum(gold, found), found, gold)
    return Counts(*(array.astype(np.float64) for array in arrays)), np.repeat(np.arange(groups), 20)


@pytest.mark.parametrize("number", [1, 2, 6, 9])
def test_under_ten_groups_there_is_no_interval(number: int):
    counts, groups = some_counts(number)
    rng = np.random.default_rng(0)
    few = Unavailable(f"there {'is 1 document' if number == 1 else f'are {number} documents'}, "
                      "at least 10 are needed")  # fmt: skip
    assert (
        bootstrap_score([counts], group_resamples(groups, 50, rng), groups=groups, rng=rng) == few
    )
    assert paired_difference([counts], [counts], groups=groups, draws=50, rng=rng) == few


def test_with_ten_groups_there_is_one():
    counts, groups = some_counts(10)
    rng = np.random.default_rng(0)
    resamples = group_resamples(groups, 500, rng)
    assert isinstance(bootstrap_score([counts], resamples, groups=groups, rng=rng), Estimate)


def test_the_value_stays_where_the_interval_cannot_be_had():
    counts, groups = some_counts(6)
    better = Counts(counts.gold, counts.gold, counts.gold)
    found = estimates.score([counts], groups.tolist())
    assert 0 < found.f1 < 1
    assert isinstance(found.interval, Unavailable)
    compared = estimates.difference([better], [counts], groups.tolist())
    assert compared.value == pytest.approx(1 - found.f1)
    assert isinstance(compared.found, Unavailable)


def trained_files(output: Path) -> list[Path]:
    return [path for path in output.rglob("*") if path.is_file()]


def test_one_document_is_said_before_training_and_ends_in_a_report_without_intervals(
    plan: Any, arm: Any, examples: Any, gold: TestSet
):
    one = replace(gold, name="one", groups=("doc=1",) * len(gold.groups))
    asked = plan([arm("news", examples(80))], test=one)
    said = []

    def warn(sentence: str) -> None:
        said.append((sentence, len(trained_files(asked.output))))

    report = compare(asked, warn=warn)
    assert said == [
        (
            "the test set one has 1 document and at least 10 are needed for an interval: "
            "F1 and differences will stand there without one, and nothing can be decided; "
            "use a test set of more documents",
            0,
        ),
    ]
    run = report.arms["news"].runs["usual"]
    assert run.test.f1 == pytest.approx(np.mean(run.test.per_seed))
    stored = to_json(run.vs_base)
    assert stored.pop("difference") == pytest.approx(run.test.f1 - report.base.test.f1)
    reason = "there is 1 document, at least 10 are needed"
    assert stored.pop("no_interval") == run.test.no_interval == reason
    assert set(stored.values()) == {None}
    shown = " ".join(render_tables(report).split())
    value = f"{run.vs_base.difference:+.3f}".replace("0.", ".")
    assert f"news: not decided against base {value} (no interval, {reason})" in report.answer
    assert shown.startswith("Check test-groups: no interval on test one: there is 1 document")
    assert render_screen(report).startswith("Check failed: test has 1 document: nothing can be")
    assert f"news {run.test.f1:.3f}".replace("0.", ".") in shown


def of_documents(gold: TestSet, number: int) -> TestSet:
    return replace(gold, groups=tuple(f"doc={i % number}" for i in range(len(gold.groups))))


def test_where_nothing_was_decided_more_test_documents_come_before_more_answers(
    untrained: Any, drawn: Any, gold: TestSet
):
    arms = [drawn("ranked-0", "ranked"), drawn("random-0", "random")]
    report = untrained(*arms, test=of_documents(gold, 6))
    assert report.answer.count("not decided") == 3
    assert report.next == (
        "Nothing can be decided without intervals: use a test set of more documents, at least 10."
    )
    assert untrained(arms[0], test=of_documents(gold, 6)).next == report.next
    assert untrained(arms[0]).next.startswith("To tell selection from training")
    assert untrained(*arms).next != report.next


def test_how_test_intervals_were_made_is_said_only_where_there_are_some(
    untrained: Any, drawn: Any, gold: TestSet
):
    arm = drawn("random-0", "random")
    shown = {n: render_tables(untrained(arm, test=of_documents(gold, n))) for n in (1, 10)}
    assert "on test by resampling documents alone" in shown[10]
    assert "on test by resampling" not in shown[1]
    assert "[low, high] are 95 % intervals. A weighted dev F1 has two: for new text and" in shown[1]


def test_the_answer_counts_the_segments_and_documents_of_the_test_set(
    untrained: Any, drawn: Any, gold: TestSet
):
    arm = drawn("random-0", "random")
    said = {n: untrained(arm, test=of_documents(gold, n)) for n in (1, 20)}
    assert said[1].answer.startswith("F1 on test (200 segments of 1 document), training 'usual'")
    assert said[20].answer.startswith("F1 on test (200 segments of 20 documents), training")
    assert "Test test: 200 segments of 1 document, 1" in render_tables(said[1])
    by_themselves = untrained(arm, test=replace(gold, groups=tuple(map(str, range(200)))))
    assert "F1 on test (200 segments, each taken for a document), tr" in by_themselves.answer
