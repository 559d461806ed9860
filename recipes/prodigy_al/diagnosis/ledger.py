"""All hypotheses about all datasets, corrected together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from prodigy_al.diagnosis.anchoring import judge_anchoring
from prodigy_al.diagnosis.coverage import judge_coverage
from prodigy_al.diagnosis.design import judge_design
from prodigy_al.diagnosis.evidence import Evidence
from prodigy_al.diagnosis.harm import ID as HARM
from prodigy_al.diagnosis.harm import judge_harm
from prodigy_al.diagnosis.leak import judge_leak
from prodigy_al.diagnosis.partial_dev import judge_partial_dev
from prodigy_al.diagnosis.prevalence import judge_prevalence
from prodigy_al.diagnosis.redundancy import judge_near_duplicates, judge_redundancy
from prodigy_al.diagnosis.scheme import ID as SCHEME
from prodigy_al.diagnosis.scheme import judge_scheme, where_errors_were_sought
from prodigy_al.diagnosis.seconds import judge_seconds
from prodigy_al.diagnosis.selection import judge_selection
from prodigy_al.diagnosis.verdict import Verdict, correct

Judge = Callable[[Evidence], Verdict]

HYPOTHESES: Mapping[str, Judge] = MappingProxyType(
    {
        "design": judge_design,
        "selection": judge_selection,
        "harm-direction": judge_harm,
        "partial-dev": judge_partial_dev,
        "leak": judge_leak,
        "coverage": judge_coverage,
        "prevalence": judge_prevalence,
        "redundancy": judge_redundancy,
        "near-duplicates": judge_near_duplicates,
        "scheme": judge_scheme,
        "anchoring": judge_anchoring,
        "seconds": judge_seconds,
    }
)
"""The function of each hypothesis, the gravest first."""


def judge(datasets: Sequence[Evidence]) -> list[Verdict]:
    """Return the verdicts on every dataset, in the order of `HYPOTHESES`.

    p is Holm's over one dataset's ledger: its verdicts are read together, and each dataset is
    judged whether others are named or not. With many datasets, one in twenty may have a support
    that is chance.
    """
    return [verdict for one in datasets for verdict in _judge_one(one)]


def _judge_one(dataset: Evidence) -> list[Verdict]:
    found = correct([function(dataset) for function in HYPOTHESES.values()])
    by_id = {one.id: one for one in found}
    by_id[SCHEME] = where_errors_were_sought(by_id[SCHEME], by_id[HARM])
    return list(by_id.values())
