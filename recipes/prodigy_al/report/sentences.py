"""The answer in a sentence, for other programs: a clause per arm."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_al.report.findings import Finding, Sizes, Word
from prodigy_al.report.numbers import signed, size_of_test
from prodigy_al.report.schema import Report
from prodigy_al.report.summary import ArmSummary, summarize

_FORMS = {
    "whole": "",
    "spans": ", single spans against whole segments",
    "mixed": ", whole segments and single spans against whole segments alone",
}
_TO: Mapping[Word, str] = {"ahead": "ahead of", "behind": "behind"}


def answer_sentence(report: Report) -> str:
    """Return what these answers show on the test set, arm by arm; replicates are told together.

    Trained robustly if they were, else under the first policy.
    """
    summary = summarize(report)
    clauses = [_clause(arm) for arm in summary.arms]
    once = ", one training seed" if summary.training_seeds == 1 else ""
    size = size_of_test(summary.test.segments, summary.test.groups)
    return f"F1 on test ({size}), training '{summary.policy}'{once}. {'; '.join(clauses)}."


def _clause(arm: ArmSummary) -> str:
    said = [_against(found) for found in (arm.vs_base, arm.vs_control) if found]
    mark = f" ({arm.mark})" if arm.mark else ""
    return f"{arm.name}: {', '.join(said)}{mark}"


def _against(found: Finding) -> str:
    at = _at(found.sizes) if found.sizes else ""
    word = _TO.get(found.word, f"{found.word} against")
    return f"{word} {found.against}{at} {_numbers(found)}"


def _at(sizes: Sizes) -> str:
    """Return what both sides hold, and what is equal of them."""
    form = _FORMS[sizes.form]
    if sizes.seconds is None:
        return f" ({sizes.answers:,} training answers to {sizes.against_answers:,}{form})"
    by = "simulated" if sizes.simulated else "by time stamps"
    answers = f"{sizes.answers:,} answers to {sizes.against_answers:,}{form}"
    return f" at equal seconds ({sizes.seconds:,.0f} s {by}: {answers})"


def _numbers(found: Finding) -> str:
    if found.difference is None:
        return f"({found.no_number})"
    if found.low is None or found.high is None:
        why = f", {found.why}" if found.why else ""
        return f"{signed(found.difference)} (no interval{why})"
    return f"{signed(found.difference)} [{signed(found.low)}, {signed(found.high)}]"
