"""Each hypothesis where it is planted, where it is not, and where nothing can be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from prodigy_al.diagnosis.anchoring import judge_anchoring
from prodigy_al.diagnosis.coverage import judge_coverage, score_tenths
from prodigy_al.diagnosis.design import judge_design
from prodigy_al.diagnosis.evidence import Clock, Evidence, Pool, Reply
from prodigy_al.diagnosis.leak import judge_leak
from prodigy_al.diagnosis.ledger import HYPOTHESES, judge
from prodigy_al.diagnosis.partial_dev import judge_partial_dev
from prodigy_al.diagnosis.prevalence import judge_prevalence
from prodigy_al.diagnosis.redundancy import judge_near_duplicates, judge_redundancy
from prodigy_al.diagnosis.scheme import find_errors, judge_scheme, where_errors_were_sought
from prodigy_al.diagnosis.seconds import judge_seconds
from prodigy_al.diagnosis.verdict import Verdict, conclude
from prodigy_al.evaluation.estimators import Estimate
from prodigy_al.sampling.kinds import measure_texts

Asked = Callable[..., Evidence]
Make = Callable[..., Reply]
NOTHING = np.arange(0)


def uniform(pool: Pool, seed: int, n: int = 100) -> Any:
    return np.random.default_rng(seed).choice(len(pool), n, replace=False)


def ranked(pool: Pool, seed: int, n: int = 100) -> tuple[Any, Any]:
    """Draw by keys with ε = .3; return the places and their inclusion probabilities."""
    p = 0.3 / len(pool) + 0.7 * pool.scores / pool.scores.sum()
    keys = np.random.default_rng(seed).exponential(size=len(pool)) / p
    order = np.argsort(keys)
    at = order[:n]
    return at, 1 - np.exp(-p[at] * keys[order[n]])


def test_the_design_fits_where_segments_are_served_as_recorded(asked: Asked, pool: Pool):
    found = []
    for seed in range(200):
        at, pi = ranked(pool, seed)
        found.append(judge_design(asked(at, pi=pi, no_pi="")))
    assert np.mean([one.verdict == "supported" for one in found]) <= 0.08


def test_a_design_that_recorded_other_probabilities_does_not_fit(asked: Asked, pool: Pool):
    """Ranked questions that are said to be uniform, as if a dataset had lost its design."""
    at, _ = ranked(pool, 0)
    found = judge_design(asked(at, pi=np.full(at.size, at.size / len(pool)), no_pi=""))
    assert found.verdict == "supported"


def test_without_probabilities_the_design_says_why(asked: Asked):
    found = judge_design(asked(range(50), no_pi="a strict order has no probabilities"))
    assert (found.verdict, found.why) == (
        "not identifiable",
        "a strict order has no probabilities",
    )


def test_a_kind_that_is_left_out_is_found_and_a_random_draw_leaves_out_none(
    asked: Asked, pool: Pool
):
    kinds = measure_texts(pool.texts)
    long = [i for i, text in enumerate(pool.texts) if kinds.name_text(text).startswith("long")]
    found = judge_coverage(asked(long[:100]))
    assert found.verdict == "supported"
    assert found.number == 0
    assert "no question about" in found.why
    drawn = [judge_coverage(asked(uniform(pool, seed))).verdict for seed in range(50)]
    assert "supported" not in drawn


def test_tenths_of_the_score_keep_equal_scores_together(pool: Pool):
    tenths = score_tenths(pool)
    assert np.bincount(tenths).tolist() == [40] * 10
    order = np.argsort(pool.scores)
    assert (np.diff(tenths[order]) >= 0).all()


def test_prevalence_is_found_where_segments_with_more_entities_are_asked(asked: Asked, pool: Pool):
    most = np.argsort(-pool.expected)[:100]
    found = judge_prevalence(asked(most))
    assert found.verdict == "supported"
    assert found.number == pytest.approx(pool.expected[most].mean() / pool.expected.mean())
    drawn = [judge_prevalence(asked(uniform(pool, s))).verdict for s in range(100)]
    assert drawn.count("supported") <= 8


def test_the_same_names_again_and_again_are_redundant(asked: Asked, pool: Pool):
    often = {f"name {i}" for i in range(60)}
    same = [i for i, forms in enumerate(pool.predicted) if forms and often.issuperset(forms)]
    found = judge_redundancy(asked(same))
    assert found.verdict == "supported"
    assert found.high is not None
    assert found.high < 0.9
    drawn = [judge_redundancy(asked(uniform(pool, s))).verdict for s in range(10)]
    assert "supported" not in drawn


def test_texts_that_nearly_repeat_each_other_are_found(asked: Asked, pool: Pool):
    texts = list(pool.texts)
    cut = "shares of the bank fell by 3 percent in the morning on monday and"
    for i in range(60):
        texts[i] = f"{cut} {texts[i].split()[0]}"
    repeated = Pool(**{**vars(pool), "texts": tuple(texts)})
    found = judge_near_duplicates(asked([*range(60), *range(200, 240)], pool=repeated))
    assert found.verdict == "supported"
    assert found.number == pytest.approx(0.59)
    assert judge_near_duplicates(asked(range(100))).verdict == "refuted"


def test_predictions_on_tokens_without_an_answer_are_ignored(asked: Asked, reply: Make):
    """As spaCy's scorer counts; an accepted span that is predicted is the only one that counts."""
    hit = reply("Acme left Oslo", [(0, 1, "ORG")], [(0, 1, "ORG"), (2, 3, "ORG")], is_dev=True)
    rejected = reply("Acme left", [], [(0, 1, "ORG")], rejected=[(0, 1, "ORG")], is_dev=True)
    found = judge_partial_dev(asked(form="binary", replies=(hit, rejected) * 30))
    assert found.verdict == "supported"
    assert (found.number, found.n) == (pytest.approx(2 / 3), 90)
    whole = judge_partial_dev(asked(replies=(hit,) * 5))
    assert (whole.verdict, whole.number, whole.n) == ("refuted", 0, 10)


def test_dev_predictions_are_those_of_the_asked_labels_in_the_dev_fold(asked: Asked, reply: Make):
    train = reply("Acme left", [], [(0, 1, "ORG")])
    other = reply("Ann left", [], [(0, 1, "PERSON")], is_dev=True)
    found = judge_partial_dev(asked(form="binary", replies=(train, other)))
    assert (found.verdict, found.why) == (
        "not identifiable",
        "the base predicts nothing in the 1 dev answers",
    )


@pytest.mark.parametrize(
    ("accepted", "predicted", "error"),
    [
        ([(1, 3, "ORG")], [(0, 3, "ORG")], ("boundary", "the base adds 'the'")),
        ([(0, 3, "ORG")], [(1, 3, "ORG")], ("boundary", "the base leaves out 'the'")),
        ([(1, 3, "ORG")], [(1, 3, "GPE")], ("type", "the base says GPE for ORG")),
        ([(1, 3, "ORG")], [], ("missed", "")),
        ([], [(1, 3, "ORG")], ("spurious", "")),
    ],
)
def test_errors_of_the_base_are_told_apart(
    reply: Make, accepted: Any, predicted: Any, error: tuple[str, str]
):
    assert list(find_errors(reply("the Acme Group fell", accepted, predicted), ["ORG"])) == [error]


def test_predictions_of_other_labels_are_no_spurious_ones(reply: Make):
    assert not list(find_errors(reply("Ann left", [], [(0, 1, "PERSON")]), ["ORG"]))


def test_a_scheme_is_another_one_where_borders_and_names_are_what_differs(
    asked: Asked, reply: Make
):
    border = reply("the Acme fell", [(1, 2, "ORG")], [(0, 2, "ORG")])
    missed = reply("Acme fell", [(0, 1, "ORG")], [])
    right = reply("Acme fell", [(0, 1, "ORG")], [(0, 1, "ORG")])
    found = judge_scheme(asked(replies=(border,) * 30 + (right,) * 20 + (missed,) * 50))
    assert (found.verdict, found.number, found.n) == ("supported", 0.6, 50)
    assert "the base adds 'the' (30 times)" in found.why
    assert judge_scheme(asked(replies=(right,) * 40 + (missed,) * 40)).verdict == "refuted"
    assert judge_scheme(asked(replies=(missed,) * 40)).why == (
        "the base finds 0 accepted entities only"
    )
    assert judge_scheme(asked(form="binary")).verdict == "not identifiable"


@pytest.mark.parametrize(
    ("odds", "word", "stands"),
    [(0.8, "supported", False), (0.8, "not identifiable", True), (0.2, "supported", True)],
)
def test_where_errors_of_the_base_were_sought_their_share_tells_no_scheme(
    asked: Asked, reply: Make, odds: float, word: Any, stands: bool
):
    border = reply("the Acme fell", [(1, 2, "ORG")], [(0, 2, "ORG")])
    scheme = judge_scheme(asked(replies=(border,) * 50))
    found = Estimate(odds, odds - 0.1, odds + 0.1)
    harm = conclude("harm-direction", scheme.arm, word, found, n=50, p=0.001, why="so")
    judged = where_errors_were_sought(scheme, harm)
    assert (judged == scheme) is stands
    assert stands or judged.verdict == "not identifiable"
    assert stands or "errors of the base were sought" in judged.why


def test_a_good_base_that_confuses_few_names_follows_the_same_rules(asked: Asked, reply: Make):
    """Half of its few errors are confusions, and yet it draws and names nearly all as people do."""
    right = reply("Acme fell", [(0, 1, "ORG")], [(0, 1, "ORG")])
    confused = reply("Acme fell", [(0, 1, "ORG")], [(0, 1, "PERSON")])
    missed = reply("Acme fell", [(0, 1, "ORG")], [])
    found = judge_scheme(asked(replies=(right,) * 180 + (confused,) * 20 + (missed,) * 20))
    assert (found.verdict, found.number, found.n) == ("refuted", 0.1, 200)


def test_dev_answers_that_share_a_document_with_training_answers_leak(asked: Asked, reply: Make):
    train = tuple(reply(f"w{i} a", group=f"doc={i}") for i in range(40))
    same = tuple(reply(f"x{i} b", group=f"doc={i}", is_dev=True) for i in range(20))
    apart = tuple(reply(f"y{i} c", group=f"dev={i}", is_dev=True) for i in range(80))
    found = judge_leak(asked(replies=train + same + apart))
    assert (found.verdict, found.number) == ("supported", 0.2)
    assert judge_leak(asked(replies=train + apart)).verdict == "refuted"


def test_a_near_duplicate_in_the_train_fold_leaks(asked: Asked, reply: Make):
    cut = "the board of the bank met on friday in oslo to vote on the sale"
    train = tuple(reply(f"{cut} {i}", group=f"t{i}") for i in range(5))
    dev = tuple(reply(f"{cut} again", group=f"d{i}", is_dev=True) for i in range(20))
    found = judge_leak(asked(replies=train + dev))
    assert (found.number, found.details["near_duplicates"]) == (1.0, 20)


def clock(drift: float, n: int = 300) -> Clock:
    rng = np.random.default_rng(0)
    tokens = rng.integers(5, 40, size=n)
    took = tokens**0.7 * np.exp(drift * np.arange(n) / 100 + rng.normal(scale=0.2, size=n))
    return Clock(np.cumsum(took), ("ann",) * n, tokens, np.zeros(n, dtype=np.int64))


def test_answers_that_get_slower_drift_and_steady_ones_do_not(asked: Asked):
    slower = judge_seconds(asked(clock=clock(0.2)))
    assert slower.verdict == "supported"
    assert slower.low is not None
    assert slower.high is not None
    assert slower.low < np.exp(0.2) - 1 < slower.high
    assert judge_seconds(asked(clock=clock(0.0))).verdict == "refuted"


def test_breaks_and_other_people_are_no_seconds(asked: Asked):
    times = np.sort(np.concatenate([np.arange(50) * 5.0 + np.arange(50) % 2, [1e5 + 1.0]]))
    own = Clock(times, ("ann", "bob") * 25 + ("ann",), np.full(51, 9), np.zeros(51, np.int64))
    found = judge_seconds(asked(clock=own))
    assert found.n == 48  # the first of each has no beginning, the last came after a break
    assert judge_seconds(asked()).why == "its answers carry no time stamps"


def test_suggestions_that_are_accepted_anchor_and_blind_answers_tell(asked: Asked, reply: Make):
    span = [(0, 1, "ORG")]
    seen = tuple(reply("Acme", span, span, shown=True, at=i) for i in range(100))
    blind = tuple(
        reply("Acme", span if i % 2 else [], span, shown=False, at=100 + i) for i in range(100)
    )
    other = asked(arm="blind", replies=blind)
    found = judge_anchoring(asked(replies=seen, others=(other,)))
    assert found.verdict == "supported"
    assert found.number == pytest.approx(0.5, abs=0.1)
    assert judge_anchoring(asked(replies=blind)).verdict == "refuted"
    alone = judge_anchoring(asked(replies=seen))
    assert alone.why == "100 answers saw suggestions and 0 were blind"
    assert judge_anchoring(asked(replies=seen, recorded=False)).verdict == "not identifiable"


def judge_direction(asked: Asked, pool: Pool, reply: Make, *, sign: int, seed: int = 0) -> Verdict:
    """Errors go with the score; segments are asked by it (1), against it (-1), or at random (0)."""
    rng = np.random.default_rng(seed)
    wrong = pool.scores * rng.gamma(5.0, size=len(pool)) > np.median(pool.scores) * 5
    places = uniform(pool, 1, 200)
    span = (0, 1, "ORG")
    replies = tuple(
        reply(pool.texts[i], [] if wrong[i] else [span], [span], at=int(i)) for i in places
    )
    keys = sign * np.log(pool.scores) + rng.gumbel(size=len(pool))
    random = asked(places, arm="random", strategy="random", replies=replies)
    return HYPOTHESES["harm-direction"](asked(np.argsort(-keys)[:100], random=random))


@pytest.mark.parametrize(("sign", "word"), [(1, "errors are sought"), (-1, "errors are avoided")])
def test_the_odds_of_being_asked_are_held_against_errors_on_random_segments(
    asked: Asked, pool: Pool, reply: Make, sign: int, word: str
):
    pytest.importorskip("sklearn")
    found = judge_direction(asked, pool, reply, sign=sign)
    assert word in found.why
    assert (found.verdict, found.n) == ("supported", 200)
    shift = found.details["f1_shift"]
    # where errors are sought, F1 is lower
    assert (shift["high"] < 0) if sign > 0 else (shift["low"] > 0)


def test_random_questions_neither_seek_nor_avoid_errors(asked: Asked, pool: Pool, reply: Make):
    """Although the classifier that tells them from the rest goes with something by chance."""
    pytest.importorskip("sklearn")
    drawn = [judge_direction(asked, pool, reply, sign=0, seed=s).verdict for s in range(12)]
    assert drawn.count("supported") <= 2


def test_every_hypothesis_has_a_verdict_on_an_empty_dataset(asked: Asked):
    found = judge([asked(NOTHING), asked(NOTHING, form="binary")])
    assert [one.id for one in found] == [*HYPOTHESES] * 2
    assert {one.verdict for one in found} == {"not identifiable"}
    assert all(one.why for one in found)
