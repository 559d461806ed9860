"""What may be claimed: each rule, where its sentence appears, and where it must not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from prodigy_al.protocol.claims import find_claims
from prodigy_al.protocol.estimates import as_family
from prodigy_al.protocol.plan import LOOKUP, ORACLE, PARTS, POOL, SECONDS, Cell
from prodigy_al.protocol.result import Result

SETTINGS = ("budgets", "settings")
SUCCESSOR = ("budgets", "successor")
STARTS = ("budgets", "starts")
AHEAD = {"ranked": 0.03, "teach": -0.03}


def said(result: Result, rule: str, arm: str | None = "ranked") -> tuple[list[str], list[str]]:
    """Return what a rule says of an arm that may be claimed, and that may not."""
    may, may_not = (
        [one.text for one in side if (one.id, one.arm) == (rule, arm)]
        for side in (result.claims.may, result.claims.may_not)
    )
    return may, may_not


def gains(**by_policy: float) -> Any:
    """Let ranked gain so much under each policy, and with the successor."""

    def gain(cell: Cell) -> float:
        if cell.policy == LOOKUP:
            return -0.3
        if cell.arm == POOL:
            return 0.12
        if cell.arm != "ranked":
            return 0.0
        return by_policy["successor" if cell.successor else cell.policy]

    return gain


def test_an_arm_that_is_ahead_or_behind_is_said_to_be_with_interval_and_redraws(found: Any):
    result = found(AHEAD)
    seconds, answers = said(result, "difference")[0]
    assert seconds.startswith("ranked is ahead of random by +.0")
    assert seconds.endswith("at equal seconds, on this test set and for new text (5 redraws)")
    assert "at equal answers" in answers
    assert said(result, "difference")[1] == []
    behind, _ = said(result, "difference", "teach")[0]
    assert behind.startswith("teach is behind random by -.0")


def test_four_redraws_are_too_few_for_a_claim_about_a_strategy(found: Any):
    may, may_not = said(found(AHEAD, seeds=(0, 1, 2, 3)), "difference")
    assert may == []
    assert "a claim about a strategy takes 5 redraws, and there are 4" in may_not[0]


def test_a_difference_whose_interval_holds_0_is_not_claimed_and_says_what_finding_it_takes(
    found: Any,
):
    may, may_not = said(found({"ranked": 0.01}, spread=0.03), "difference")
    assert may == []
    assert "that ranked is ahead of or behind random at equal seconds: " in may_not[0]
    assert "to detect .020 with 80 % power it takes " in may_not[0]
    assert "redraws (" in may_not[0]


def test_no_difference_is_claimed_only_within_the_wanted_one(found: Any):
    small = found({"ranked": 0.0005}, spread=0.004)
    texts, may_not = said(small, "difference")
    assert len(texts) == 2
    assert all(one.startswith("no difference found between ranked and random") for one in texts)
    assert may_not == []
    assert said(found({"ranked": 0.0005}, spread=0.004, wanted=0.001), "difference")[0] == []


def test_what_is_shown_alone_is_not_claimed_where_the_family_is_too_large_for_it(found: Any):
    """Holm over the arms: the same p of .03, alone and among five."""
    result = found(AHEAD, parts=("budgets",))
    change = result.arms["ranked"][SECONDS].against_random
    shown = replace(change, new_text=replace(change.new_text, p=0.03))
    names = ["ranked", "b", "c", "d", "e"]
    for size, word in ((1, "ahead"), (5, "not decided")):
        one = as_family(dict.fromkeys(names[:size], shown), result.wanted)["ranked"]
        assert (one.word, one.holm) == (word, pytest.approx(0.03 * size))
        compared = replace(result.arms["ranked"][SECONDS], against_random=one)
        arms = {**result.arms, "ranked": {**result.arms["ranked"], SECONDS: compared}}
        claims = find_claims(replace(result, arms=arms))
        may, may_not = said(replace(result, claims=claims), "difference")
        assert any("seconds" in text for text in may) == (size == 1)
        assert any("it may be chance, with 5 comparisons" in text for text in may_not) == (
            size == 5
        )


@pytest.mark.parametrize(("redraws", "claimed"), [(5, False), (6, True)])
def test_one_annotation_wins_as_a_rule_only_where_the_exact_interval_lies_above_a_half(
    found: Any, redraws: int, claimed: bool
):
    may, may_not = said(found(AHEAD, seeds=tuple(range(redraws))), "wins")
    assert (len(may), len(may_not)) == (int(claimed), int(not claimed))
    assert f"it did in {redraws} of {redraws} redraws" in (may + may_not)[0]
    assert "on this test set" in (may + may_not)[0]


def test_one_annotation_that_always_loses_is_said_to(found: Any):
    (text,), may_not = said(found(AHEAD, seeds=tuple(range(6))), "wins", "teach")
    assert "less often than not: it did in 0 of 6" in text
    assert may_not == []


def test_a_sign_that_holds_at_every_setting_is_claimed_with_how_many_show_it(found: Any):
    result = found(
        gains(usual=0.03, robust=0.03, scratch=0.005, successor=0.0), spread=0.01, parts=SETTINGS
    )
    (text,), may_not = said(result, "settings")
    assert text.startswith("ranked: the sign holds at 3 of 3 training settings, each alone shown")
    assert "shown at 2:" in text
    assert may_not == []


def test_a_sign_that_turns_at_a_setting_is_not_claimed(found: Any):
    result = found(gains(usual=0.03, robust=0.03, scratch=-0.02, successor=0.0), parts=SETTINGS)
    may, (text,) = said(result, "settings")
    assert may == []
    assert "2 of 3 training settings do" in text


def test_nothing_leans_on_a_difference_that_is_not_claimed(found: Any):
    result = found(gains(usual=0.03, robust=0.0, scratch=0.03, successor=0.03), parts=PARTS)
    for rule in ("settings", "successor"):
        assert said(result, rule) == ([], [])


def test_one_setting_alone_is_said_to_be_one(found: Any):
    result = found(AHEAD, settings=("robust",), parts=SETTINGS)
    may, (text,) = said(result, "settings")
    assert may == []
    assert "however one trains" in text


def test_data_travel_where_the_successor_shows_the_difference_too(found: Any):
    result = found(gains(usual=0.03, robust=0.03, scratch=0.03, successor=0.03), parts=SUCCESSOR)
    (text,), may_not = said(result, "successor")
    assert "ranked is ahead of random where other_md is trained: +.0" in text
    assert may_not == []


@pytest.mark.parametrize("gain", [0.0, -0.03])
def test_data_are_not_said_to_travel_where_the_successor_does_not_show_it(found: Any, gain: float):
    result = found(gains(usual=0.03, robust=0.03, scratch=0.03, successor=gain), parts=SUCCESSOR)
    may, (text,) = said(result, "successor")
    assert may == []
    assert text.startswith("that ranked is ahead of random where other_md is trained")


def test_without_a_successor_nothing_is_said_of_other_pipelines(found: Any):
    may, (text,) = said(found(AHEAD, successor=None), "successor")
    assert may == []
    assert "none was trained (--successor)" in text


def test_a_successor_that_is_not_trained_yet_is_said_to_be_that(found: Any):
    _, (text,) = said(found(AHEAD, parts=("budgets",)), "successor")
    assert "other_md is not trained yet (--parts successor)" in text


def test_the_share_of_the_gap_is_claimed_where_there_is_a_gap_and_some_of_it_is_closed(found: Any):
    (text,), may_not = said(found(AHEAD), "gap")
    assert text.startswith("ranked goes 2")
    assert "of the way from random to the whole pool answered" in text
    assert may_not == []
    may, (text,) = said(found({"ranked": 0.005}, spread=0.02), "gap")
    assert may == []
    assert text.startswith("that ranked goes any of the way from random to the whole pool")
    may, (text,) = said(found(AHEAD | {POOL: 0.0}), "gap")
    assert may == []
    assert "there may be no gap to close" in text
    may, (text,) = said(found(AHEAD, parts=("budgets",)), "gap")
    assert may == []
    assert "not measured" in text


def test_training_is_said_to_beat_a_list_of_names_only_where_it_does(found: Any):
    (text,), may_not = said(found(AHEAD), "lookup")
    assert text.startswith("ranked: a list of its accepted names, looked up, reaches .3")
    assert may_not == []
    may, (text,) = said(found(lambda cell: 0.0), "lookup")
    assert may == []
    assert text.startswith("that training on ranked beats a list")
    assert said(found(AHEAD, seeds=(0, 1)), "lookup")[0] == []


def test_the_oracle_is_said_to_be_one_that_nobody_has(found: Any):
    (text,), may_not = said(found(AHEAD), "oracle", None)
    assert "true errors, which nobody knows beforehand, is ahead of random: +.0" in text
    assert may_not == []
    may, (text,) = said(found(AHEAD | {ORACLE: 0.0}, spread=0.02), "oracle", None)
    assert may == []
    assert text.startswith("that a better guess of the model's errors would bring more")
    assert said(found(AHEAD, parts=("budgets",)), "oracle", None) == ([], [])


def test_a_start_budget_is_claimed_only_where_it_is_ahead(found: Any):
    (text,), may_not = said(found(AHEAD | {"mixed-1of3": 0.03}, parts=STARTS), "starts", "mixed")
    assert text.startswith("mixed is ahead of random with a start of 33% whole: 17% ")
    assert may_not == []
    may, (text,) = said(found(AHEAD, parts=STARTS), "starts", "mixed")
    assert may == []
    assert text.startswith("that mixed is ahead of random with another start: whole 17%")
    assert said(found(AHEAD, arms=("ranked",), parts=STARTS), "starts", "mixed") == ([], [])


def test_a_pool_that_ended_before_the_budget_is_told(found: Any):
    _, (text,) = said(found(AHEAD, short=2), "budget")
    assert text == "that ranked had its whole budget: the pool ended in 2 of 5 redraws"
    assert said(found(AHEAD), "budget") == ([], [])


def test_what_no_protocol_shows_is_always_among_what_may_not_be_claimed(found: Any):
    result = found(AHEAD)
    _, (scope,) = said(result, "scope", None)
    assert "other labels than ORG" in scope
    assert "one pipeline" in scope
    _, (people,) = said(result, "people", None)
    assert people.endswith("simulated and makes no errors; its seconds are assumed")
    wrong = {"error_rate": 0.1, "costs_from": "pilot"}
    _, (people,) = said(found(AHEAD, conditions=wrong), "people", None)
    assert people.endswith("errs in 10% of its answers; its seconds are those of pilot")
    team = {"error_rate": [0.0, 0.5], "costs_from": None, "annotators": 2, "overlap": 0.2}
    _, (people,) = said(found(AHEAD, conditions=team), "people", None)
    assert people.endswith(
        "the 2 annotators are simulated and err in 0%, 50% of their answers; their seconds are "
        "assumed"
    )


def test_few_documents_leave_no_claim_about_new_text(found: Any):
    result = found(AHEAD, documents=6)
    assert said(result, "difference")[0] == []
    _, (text,) = said(result, "new-text", None)
    assert text == "anything about other documents than those of the test set"
    assert said(found(AHEAD), "new-text", None) == ([], [])
