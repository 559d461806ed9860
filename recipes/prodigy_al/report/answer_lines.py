"""The answer on the terminal: a word per arm against the base, and against random answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from prodigy_al.report.advice import go_on
from prodigy_al.report.findings import OF_BASE, OF_RANDOM, Finding, Sizes, Word
from prodigy_al.report.layout import aligned, by_words, wrapped
from prodigy_al.report.numbers import counted, number, signed, size_of_test
from prodigy_al.report.summary import ArmSummary, Summary

_WORDS = get_args(Word)
_LONGEST_COUNT = 36  # columns; more words than fit there say that the replicates differ
_FORMS = {
    "whole": "{}/{}",
    "spans": "{} spans/{} whole",
    "mixed": "{} mixed/{} whole",
}


def answer_lines(summary: Summary, names: Mapping[str, str]) -> list[str]:
    """Return the answer with every interval; `names` are the arms' as they are shown."""
    lines = _heading(summary)
    for heading, block in _blocks(summary):
        rows = [(names[arm.name], *_cells(found, beside)) for arm, found, beside in block]
        lines += [heading, *aligned(rows, indent="  ")]
    lines += _without_control(summary, names)
    return [*lines, *_go_on(summary, names), *_marks(summary.arms)]


def grouped_lines(summary: Summary, names: Mapping[str, str]) -> list[str]:
    """Return the answer by words alone, for more arms than there are lines."""
    lines = _heading(summary)
    for heading, block in _blocks(summary):
        by_word = {
            word: [names[arm.name] for arm, found, _ in block if found.word == word]
            for word in _WORDS
        }
        lines += [heading, *by_words({word: own for word, own in by_word.items() if own})]
    lines += [*_without_control(summary, names), *_go_on(summary, names)]
    marked: dict[str, list[str]] = {}
    for arm in summary.arms:
        if arm.mark:
            marked.setdefault(arm.mark.split(":")[0], []).append(names[arm.name])
    return [*lines, *by_words(marked, indent="")]


def _go_on(summary: Summary, names: Mapping[str, str]) -> list[str]:
    return wrapped(go_on(summary, names), "", "  ")


def _without_control(summary: Summary, names: Mapping[str, str]) -> list[str]:
    """Return the arms whose random answers, if there are any, are not comparable."""
    arms = []
    for arm in summary.arms:
        of = f"{arm.without_control} of " if len(arm.datasets) > 1 else ""
        if arm.without_control:
            arms.append(f"{of}{names[arm.name]}")
    if not arms:
        return []
    return wrapped(f"No comparable random answers (why: --full): {', '.join(arms)}", "", "  ")


def legend(summary: Summary) -> list[str]:
    """Return what the words and the numbers beside them mean, of those that there are."""
    findings = [found for _, block in _blocks(summary) for _, found, _ in block]
    shown = {found.word for found in findings}
    said = []
    if decided := ["/".join(pair) for pair in (OF_BASE, OF_RANDOM) if shown & {*pair}]:
        said.append(f"{', '.join(decided)}: beyond chance, all arms counted")
    allowed = [found.allows for found in findings if found.word == "no difference found"]
    if known := sorted(one for one in allowed if one is not None):
        ends = dict.fromkeys(number(one) for one in (known[0], known[-1]))
        said.append(f"no difference found: [ ] allows 0, and at most ±{' to ±'.join(ends)}")
    if any(found.word == "not decided" and found.low is not None for found in findings):
        why = "neither" if said else "neither beyond chance nor surely small"
        said.append(f"not decided: {why}")
    if summary.base.low is not None:
        said.insert(0, "[ ]: 95 % interval")
    return [*(wrapped(f"{'; '.join(said)}.") if said else []), *_replicates(summary)]


def _replicates(summary: Summary) -> list[str]:
    folded = [arm for arm in summary.arms if len(arm.datasets) > 1]
    if not folded:
        return []
    if any(arm.vs_base and arm.vs_base.low is not None for arm in folded):
        return ["×: mean of so many replicates, interval for new text (other documents too)."]
    return ["×: mean of so many replicates; 5 are needed to speak of a strategy."]


def _heading(summary: Summary) -> list[str]:
    test = size_of_test(summary.test.segments, summary.test.groups)
    seeds = counted(summary.training_seeds, "seed")
    return wrapped(f"F1 on test ({test}), training '{summary.policy}', {seeds}")


Block = list[tuple[ArmSummary, Finding, str]]


def _blocks(summary: Summary) -> Iterator[tuple[str, Block]]:
    """Yield a heading and what stands below: arms, their findings, and what stands beside."""
    base: Block = [(arm, arm.vs_base, arm.mark) for arm in summary.arms if arm.vs_base]
    yield "Against the base, the model before training:", base
    timed: Block = []
    equal: Block = []
    for arm in summary.arms:
        if (found := arm.vs_control) and found.sizes:
            block = equal if found.sizes.seconds is None else timed
            block.append((arm, found, _sizes(found.sizes)))
    if timed:
        simulated = any(found.sizes and found.sizes.simulated for _, found, _ in timed)
        seconds = "simulated seconds" if simulated else "seconds"
        yield f"Against random answers in as many {seconds} (answers: its/random):", timed
    if equal:
        yield "Against as many random answers (training answers: its/random):", equal


def _cells(found: Finding, beside: str) -> tuple[str, str, str]:
    """Return the word, the difference with its interval, and what stands beside."""
    if found.counts and found.low is None:
        mean = "" if found.difference is None else f"mean {signed(found.difference)}"
        return _counted_words(found.counts), mean, beside
    if found.difference is None:
        return found.word, found.no_number, beside
    if found.low is None or found.high is None:
        return found.word, f"{signed(found.difference)} no interval", beside
    ends = f"[{signed(found.low)}, {signed(found.high)}]"
    return found.word, f"{signed(found.difference)} {ends}", beside


def _counted_words(counts: Mapping[Word, int]) -> str:
    """Return of how many replicates each word holds.

    >>> _counted_words({"helps": 2}), _counted_words({"not decided": 1, "behind": 1})
    ('helps (2)', 'behind (1), not decided (1)')
    """
    text = ", ".join(f"{word} ({counts[word]})" for word in _WORDS if word in counts)
    return text if len(text) <= _LONGEST_COUNT else "not decided: replicates differ"


def _sizes(sizes: Sizes) -> str:
    return _FORMS[sizes.form].format(f"{sizes.answers:,}", f"{sizes.against_answers:,}")


def _marks(arms: Sequence[ArmSummary]) -> list[str]:
    """Return what the marks mean, of those that there are."""
    marks = {arm.mark.split(":")[0] for arm in arms}
    said = []
    if "do not ship" in marks:
        said.append("do not ship: its dev answers, weighted, show it worse than the base")
    if "do not ship yet" in marks:
        said.append("do not ship yet: its dev answers, weighted, do not show it better")
    if "ship? dev cannot tell" in marks and not said:
        said.append("dev cannot tell: its dev answers do not say whether it beats the base")
    return said
