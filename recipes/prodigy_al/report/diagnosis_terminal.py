"""A diagnosis on the terminal: what is supported, on one screen; all of it where asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from prodigy_al.diagnosis.evidence import Calibration
from prodigy_al.diagnosis.ledger import HYPOTHESES
from prodigy_al.diagnosis.verdict import Verdict
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.diagnosis import Diagnosed, Diagnosis
from prodigy_al.report.numbers import counted

WIDTH, LINES = 80, 24
SUPPORTED = "supported"
FORMS = {"full": "whole segments", "binary": "single spans"}
# how much is said of each verdict, from all to a line, and of how many verdicts per dataset
ALL = 99
DETAILS = [(3, ALL), (2, ALL), (2, 3), (1, ALL), (2, 2), (1, 3), (2, 1), (1, 2), (1, 1), (1, 0)]


def render_diagnosis(diagnosis: Diagnosis, *, full: bool = False) -> str:
    """Return the diagnosis as text: at most 24 lines of 80 columns, or `full`, all verdicts.

    The short form has the supported verdicts of each dataset. Where they do not fit, each is cut to
    its number, and then those are left out that come last in the ledger; the first line of a
    dataset names them all the same.
    """
    if full:
        parts = [_head(diagnosis)]
        parts += ["\n".join(_full(diagnosis, name)) for name in diagnosis.datasets]
        return "\n\n".join(parts) + "\n"
    lines: list[str] = []
    for detail, most in DETAILS:
        lines = list(_screen(diagnosis, detail, most))
        if len(lines) <= LINES:
            return "\n".join(lines) + "\n"
    return "\n".join([*lines[: LINES - 1], "... more datasets: --full shows them all"]) + "\n"


def number_in_words(verdict: Verdict) -> str:
    """Return a verdict's number with its interval, unit and n."""
    if verdict.number is None or verdict.low is None or verdict.high is None:
        return "no number"
    low, high = _number(verdict.low), _number(verdict.high)
    return f"{_number(verdict.number)} [{low}, {high}] {verdict.unit} (n = {verdict.n:,})"


def _screen(diagnosis: Diagnosis, detail: int, most: int) -> Iterator[str]:
    yield from _wrapped(_head(diagnosis))
    for name, dataset in diagnosis.datasets.items():
        own = [one for one in diagnosis.verdicts if one.arm == name]
        supported = [one for one in own if one.verdict == SUPPORTED]
        shown, rest = supported[:most], supported[most:]
        yield _cut(_summary(name, dataset, own))
        for verdict in shown:
            yield from _verdict(verdict, detail)
        if rest:
            yield _cut(f"  also: {', '.join(one.id for one in rest)}")
    urgent = [one for one in diagnosis.verdicts if one.verdict == SUPPORTED and one.next]
    if urgent and detail < 3:
        first = min(urgent, key=lambda one: list(HYPOTHESES).index(one.id))
        yield from _wrapped(f"Next: {first.next} ({first.arm})")


def _head(diagnosis: Diagnosis) -> str:
    return (
        f"Questions about {', '.join(diagnosis.labels)} against their pool, "
        f"{diagnosis.pool['source'].rpartition('/')[2]} "
        f"({counted(diagnosis.pool['segments'], 'segment')}):"
    )


def _summary(name: str, dataset: Diagnosed, verdicts: Sequence[Verdict]) -> str:
    supported = sum(one.verdict == SUPPORTED for one in verdicts)
    refuted = sum(one.verdict == "refuted" for one in verdicts)
    return (
        f"{name}, {dataset.questions:,} {FORMS.get(dataset.form, dataset.form)}: "
        f"{supported} of {len(verdicts)} supported, {refuted} refuted"
    )


def _verdict(verdict: Verdict, detail: int) -> Iterator[str]:
    yield _cut(f"  {verdict.id:<15} {number_in_words(verdict)}")
    if detail >= 2:
        yield from _wrapped(f"{verdict.why}.", indent=4)
    if detail >= 3 and verdict.next:
        yield from _wrapped(f"Next: {verdict.next}", indent=4)


def _full(diagnosis: Diagnosis, name: str) -> Iterator[str]:
    dataset = diagnosis.datasets[name]
    own = [one for one in diagnosis.verdicts if one.arm == name]
    yield _summary(name, dataset, own)
    yield from _wrapped(_origin(dataset), indent=2)
    yield from _wrapped(_calibration(dataset.calibration), indent=2)
    for verdict in own:
        p = "" if verdict.p is None else f", p = {verdict.p:.2g}"
        yield f"  {verdict.id}: {verdict.verdict}"
        if verdict.number is not None:
            yield f"    {number_in_words(verdict)}{p}"
        yield from _wrapped(f"{verdict.why}.", indent=4)
        if verdict.next:
            yield from _wrapped(f"Next: {verdict.next}", indent=4)
        for line in _details(verdict):
            yield from _wrapped(line, indent=6)


def _origin(dataset: Diagnosed) -> str:
    found = dataset.probabilities
    parts = []
    if isinstance(found, Unavailable):
        parts.append(f"no probabilities: {found.reason}")
    else:
        flag = "" if found.origin == "recorded" else ", from the score alone"
        parts.append(
            f"probabilities {found.origin}{flag}: {_number(found.low)} to {_number(found.high)}"
        )
    if dataset.outside:
        parts.append(f"{dataset.outside:,} of its texts are not in the pool and left out")
    if not dataset.same_model:
        parts.append("scores are those of MODEL, not of the model that asked")
    return "; ".join(parts)


def _calibration(found: Calibration | Unavailable) -> str:
    if isinstance(found, Unavailable):
        return f"calibration of span probabilities not known: {found.reason}"
    before, after = (
        f"calibration error {_number(one.ece)}, Brier score {_number(one.brier)} "
        f"(n = {one.n:,} candidates)"
        for one in (found.shipped, found.fitted)
    )
    return (
        f"span probabilities at temperature {found.temperature:g}: {before} in "
        f"{counted(found.dev_answers, 'dev answer')}; at {found.fitted_temperature:.2f}, fitted to "
        f"{counted(found.fitted_to, 'answer')} of the train fold: {after}"
    )


def _details(verdict: Verdict) -> Iterator[str]:
    """Yield what is told beside some verdicts: segments, kinds, errors."""
    found = verdict.details
    for key, words in (("over_asked", "most like a question"), ("under_asked", "least like one")):
        for text in found.get(key, ()):
            yield f"{words}: {' '.join(text.split())[:100]}"
    if "features" in found:
        values = (f"{name} {_number(one['value'])}" for name, one in found["features"].items())
        yield f"AUC of each alone: {', '.join(values)}"
    for name, one in found.get("kinds", {}).items():
        yield f"{name}: {one['of_pool']:.0%} of the pool, {one['of_questions']:.0%} of questions"
    if tenths := found.get("score_tenths"):
        shares = ", ".join(f"{one['of_questions']:.0%}" for one in tenths)
        yield f"questions by tenth of the score, from the lowest: {shares}"
    if "errors" in found:
        yield ", ".join(f"{kind} {count:,}" for kind, count in found["errors"].items())
        for what, count in found["most_often"].items():
            yield f"{count}: {what}"


def _number(value: float) -> str:
    """Return a number with three digits after the point below 1 and two above, no leading zero.

    >>> _number(0.5), _number(-0.02), _number(10.5)
    ('.500', '-.020', '10.50')
    """
    if abs(value) >= 1:
        return f"{value:.2f}"
    return f"{value:.3f}".replace("0.", ".", 1)


def _wrapped(text: str, indent: int = 0) -> list[str]:
    space = " " * indent
    return wrap(text, WIDTH, initial_indent=space, subsequent_indent=space)


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."
