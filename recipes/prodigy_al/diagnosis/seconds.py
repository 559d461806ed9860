"""Seconds: does answering get slower, or faster, over the session?"""

from __future__ import annotations

from math import exp, log

import numpy as np
from scipy import special

from prodigy_al.arrays import FloatArray
from prodigy_al.comparison.effort import BREAK_SECONDS
from prodigy_al.diagnosis.evidence import Clock, Evidence
from prodigy_al.diagnosis.verdict import Verdict, conclude, decide, unknown, within
from prodigy_al.evaluation.estimators import Estimate

ID = "seconds"
FEWEST = 30
NEGLIGIBLE = 0.05
SHORTEST = 0.5  # time stamps of whole seconds make a quick answer take none


def judge_seconds(evidence: Evidence) -> Verdict:
    """Return how the time of an answer changes per 100 answers, at equal tokens and spans.

    The slope of log seconds on the answer's number, with log tokens and spans beside it, by least
    squares; breaks of over two minutes are left out. p is two-sided. *Refuted* where the interval
    lies within 5 %.
    """
    clock = evidence.clock
    if clock is None:
        return unknown(ID, evidence.arm, "its answers carry no time stamps")
    rows, gaps = _intervals(clock)
    if len(gaps) < FEWEST or gaps.max() == gaps.min():
        why = f"{len(gaps)} answers tell how long they took, or all the same"
        return unknown(ID, evidence.arm, why, n=len(gaps))
    slope, error = _slope(rows, np.log(np.maximum(gaps, SHORTEST)))
    freedom = len(gaps) - rows.shape[1]
    reach = float(special.stdtrit(freedom, 0.975)) * error
    interval = Estimate(*(exp(slope + d) - 1 for d in (0.0, -reach, reach)))
    p = float(2 * special.stdtr(freedom, -abs(slope) / error)) if error else float(slope == 0)
    word = decide(p, negligible=within(interval, -NEGLIGIBLE, NEGLIGIBLE))
    typical = float(np.median(gaps))
    simulated = " (simulated)" if clock.simulated else ""
    return conclude(
        ID,
        evidence.arm,
        word,
        interval,
        n=len(gaps),
        p=p,
        unit="change of seconds per 100 answers",
        why=(
            f"an answer takes {typical:.1f} s{simulated}, and {abs(interval.value):.0%} "
            f"{'more' if slope > 0 else 'less'} after every 100"
        ),
        following="compare arms at equal seconds, or ask them in turns: al.trial",
        details={"seconds_per_answer": typical, "simulated": clock.simulated},
    )


def _intervals(clock: Clock) -> tuple[FloatArray, FloatArray]:
    """Return (m, 4) of 1, number / 100, log tokens, spans; and the seconds of each answer."""
    last: dict[str, tuple[float, int]] = {}
    rows, gaps = [], []
    for time, who, tokens, spans in zip(
        clock.times, clock.people, clock.tokens, clock.spans, strict=True
    ):
        before, number = last.get(who, (None, 0))
        last[who] = (float(time), number + 1)
        if before is not None and time - before <= BREAK_SECONDS:
            rows.append((1.0, number / 100, log(1 + tokens), float(spans)))
            gaps.append(float(time - before))
    return np.array(rows).reshape(-1, 4), np.array(gaps)


def _slope(rows: FloatArray, logs: FloatArray) -> tuple[float, float]:
    """Return the coefficient of the answer's number and its standard error."""
    inverse = np.linalg.pinv(rows.T @ rows)
    coefficients = inverse @ rows.T @ logs
    residual = logs - rows @ coefficients
    variance = float(residual @ residual) / max(1, len(logs) - rows.shape[1])
    return float(coefficients[1]), float((variance * inverse[1, 1]) ** 0.5)
