"""The first screen: what a reader takes away who reads nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prodigy_al.report.advice import go_on
from prodigy_al.report.findings import Finding, Form, Word
from prodigy_al.report.html.blocks import Figure
from prodigy_al.report.html.figures.dev_and_test import first_dev_and_test
from prodigy_al.report.html.figures.forest import forest
from prodigy_al.report.html.keys import key
from prodigy_al.report.html.marks import Mark
from prodigy_al.report.numbers import counted, interval, number, signed, size_of_test
from prodigy_al.report.schema import Report
from prodigy_al.report.summary import ArmSummary, Summary
from prodigy_al.report.why_lines import why_sentences

# a sign beside each word, so that nothing is said by colour alone
SIGNS: Mapping[Word, tuple[str, str]] = {
    "helps": ("▲", "helps"),
    "harms": ("▼", "harms"),
    "ahead": ("▲", "ahead"),
    "behind": ("▽", "behind"),
    "no difference found": ("±", "near"),
    "not decided": ("?", "undecided"),
}

ASKED: Mapping[Form, str] = {
    "whole": "{} answers against {}",
    "spans": "{} single spans against {} whole segments",
    "mixed": "{} answers in both forms against {} whole segments",
}


@dataclass(frozen=True)
class Check:
    """A health check in a few words."""

    ok: bool
    text: str


@dataclass(frozen=True)
class FindingShown:
    """A finding in words and numbers; `css` names its class."""

    against: str
    word: str
    sign: str
    css: str
    numbers: str
    note: str


@dataclass(frozen=True)
class Verdict:
    """A line of the answer; `key` is its mark as SVG."""

    name: str
    key: str
    mark: str
    forbids: bool
    findings: Sequence[FindingShown]


@dataclass(frozen=True)
class Card:
    """Something to know or to do, beside the answer."""

    title: str
    lines: Sequence[str]
    command: str = ""
    warning: bool = False


BY_DEV_ALONE = (
    "Dev alone decides it, so that test, which chose nothing, can still say how good the model is."
)
"""Why a model that helps on test may be marked all the same."""


@dataclass(frozen=True)
class FirstScreen:
    """All that the template shows before the sections."""

    eyebrow: str
    title: str
    basis: str
    heading: str
    go_on: str
    checks: Sequence[Check]
    failed: Sequence[str]
    verdicts: Sequence[Verdict]
    main: Figure | None
    beside: Figure | None
    next: Card
    cards: Sequence[Card]
    footer: str


def first_screen(report: Report, summary: Summary, marks: Mapping[str, Mark]) -> FirstScreen:
    """Return the first screen of a report."""
    policy = summary.policy
    dev = first_dev_and_test(summary, marks)
    return FirstScreen(
        eyebrow=" · ".join(filter(None, ("al.compare", ", ".join(report.labels), _model(report)))),
        title=report.target,
        basis=_basis(report, summary),
        heading="Do these answers help?" if policy else "How well the base does so far",
        go_on=go_on(summary),
        checks=_checks(report),
        failed=summary.checks,
        verdicts=[_verdict(arm, marks) for arm in summary.arms] if policy else [],
        # where nothing was trained, dev answers are all there is
        main=forest(report, policy, marks) if policy else dev,
        beside=dev if policy else None,
        next=Card("Next", [summary.next.sentence], command=summary.next.command),
        cards=_cards(report, summary),
        footer=(
            "[low, high] are 95 % intervals. The same numbers, to the last digit, are in "
            f"{'report' if policy else 'quick'}.json beside this page."
        ),
    )


def _model(report: Report) -> str:
    return " ".join(filter(None, (report.model.get("name"), report.model.get("version"))))


def _basis(report: Report, summary: Summary) -> str:
    """Return what the numbers are of."""
    test = report.test
    said = []
    if test.name is not None:
        spans = counted(test.gold_spans, "gold span")
        said.append(f"Test set {test.name}: {size_of_test(test.segments, test.groups)}, {spans}.")
    if summary.policy is None:
        return " ".join([*said, "Nothing was trained: all numbers are of the base."])
    trained = counted(summary.training_seeds, "training seed")
    said.append(f"Training ‘{summary.policy}’, {trained}.")
    if summary.base.value is not None:
        ends = interval(summary.base.low, summary.base.high)
        said.append(f"Base F1 {number(summary.base.value)}{'' if ends == '-' else f' {ends}'}.")
    return " ".join(said)


def _verdict(arm: ArmSummary, marks: Mapping[str, Mark]) -> Verdict:
    found = [_shown(one) for one in (arm.vs_base, arm.vs_control) if one is not None]
    return Verdict(arm.name, key(marks[arm.datasets[0]]), arm.mark, _forbids(arm), found)


def _shown(found: Finding) -> FindingShown:
    sign, css = SIGNS[found.word]
    numbers = "" if found.difference is None else signed(found.difference)
    if found.low is not None and found.high is not None:
        numbers += f" [{signed(found.low)}, {signed(found.high)}]"
    return FindingShown(
        against=_against(found),
        word=found.word,
        sign=sign,
        css=css,
        numbers=numbers,
        note=_note(found),
    )


def _against(found: Finding) -> str:
    return f"the {found.against}" if found.sizes is None else found.against


def _note(found: Finding) -> str:
    """Return why a word is what it is, both sizes, and what holds of single replicates."""
    said = []
    if sizes := found.sizes:
        both = ASKED[sizes.form].format(f"{sizes.answers:,}", f"{sizes.against_answers:,}")
        if sizes.seconds is None:
            said.append(f"at equal answers: {both} to train on")
        else:
            by = " simulated" if sizes.simulated else ""
            # not the models of the other columns: whoever took longer is trained again
            said.append(f"after {sizes.seconds:,.0f}{by} s each: {both}")
    if found.word == "no difference found" and found.allows is not None:
        said.append(f"the interval allows 0, and at most ±{number(found.allows)}")
    said += [found.why] if found.why else []
    if sum(found.counts.values()) > 1:
        each = ", ".join(f"{word} ({count})" for word, count in found.counts.items())
        said.append(f"one by one: {each}")
    return "; ".join(said)


def _cards(report: Report, summary: Summary) -> list[Card]:
    """Return what is said of shipping, the exchange rate, and reasons."""
    cards = []
    if summary.exchange:
        cards.append(Card("Exchange rate", summary.exchange))
    if told := [*map(_explained, why_sentences(report)), *summary.reasons]:
        cards.append(Card("Why", told))
    if marked := [sentence for arm in summary.arms for sentence in arm.marked]:
        forbidden = any(_forbids(arm) for arm in summary.arms)
        title = "Before you ship" if forbidden else "May it ship? Dev cannot tell"
        cards.append(Card(title, [*marked, BY_DEV_ALONE], warning=forbidden))
    return cards


def _explained(sentences: Sequence[str]) -> str:
    """Return what is wrong with an arm, why, and what helps, as sentences."""
    wrong, *rest = filter(None, sentences)
    return " ".join(f"{one}." for one in (wrong, *(f"{one[0].upper()}{one[1:]}" for one in rest)))


def _forbids(arm: ArmSummary) -> bool:
    return arm.mark.startswith("do not ship")


def _checks(report: Report) -> list[Check]:
    """Return the strip of checks, failed ones first."""
    found = [Check(bool(one["ok"]), _check(one)) for one in report.health]
    return sorted(found, key=lambda one: one.ok)


def _check(check: Mapping[str, Any]) -> str:
    """Return a check in a few words, with its number where that says something."""
    value = check.get("number")
    if isinstance(value, (int, float)):
        match check["id"]:
            case "test-groups":
                return f"{counted(int(value), 'document')} in test"
            case "training-seeds":
                return counted(int(value), "training seed")
            case "test-gold":
                usable = f"{counted(int(value), 'gold span')} of test unusable"
                return usable if value else "all gold of test usable"
            case "overlap":
                both = "in both arm and test"
                left_out = ", left out of training" if check["ok"] else ""
                return f"{value:.1%} of texts {both}{left_out}" if value else f"no text {both}"
            case "shared-documents":
                of = "from documents trained on"
                return f"{value:.1%} of test {of}" if value else "no test document trained on"
    return str(check.get("brief") or check["id"].replace("-", " "))
