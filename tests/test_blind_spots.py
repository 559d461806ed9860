"""Kinds of segments that are hardly asked about: said while people annotate."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from prodigy.util import set_hashes

from prodigy_al.inputs.blind_spots import BlindSpots
from prodigy_al.records import SIMULATED
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import Frame, Segment, build_frame
from prodigy_al.sampling.questions import Header, make_tasks
from prodigy_al.sampling.scored import Candidate, Scored
from prodigy_al.scoring.acquisition import expected_errors

TABLES = "short segments with capitals or digits, such as tables"
HEADER = Header(model={}, scorer={}, source={}, segmentation="whole")
RUNS = 30


def texts(tables: int, running: int, seed: int = 0) -> list[str]:
    """Lines of results, and running text of six to twenty-five words."""
    rng = random.Random(seed)
    results = [f"LEEDS {i} PERTH {rng.randrange(9)}" for i in range(tables)]
    words = ["so", "it", "went", "on", "and", "nothing", "else", "came"]
    numbers = ("".join(chr(ord("a") + int(digit)) for digit in str(i)) for i in range(running))
    sentences = (
        " ".join([number, *rng.choices(words, k=rng.randint(5, 24))]) for number in numbers
    )
    return [*results, *sentences]


def frame_of(lines: Sequence[str]) -> Frame:
    records = [{"text": line, "meta": {"doc": i // 5}} for i, line in enumerate(lines)]
    inputs = ((i, set_hashes({"text": r["text"]})["_input_hash"], r) for i, r in enumerate(records))
    return build_frame(inputs, dev_share=0.25, fold_salt="salt")


POOL = frame_of(texts(330, 670))


def blind_to_tables(segments: Sequence[Segment]) -> Iterator[Scored]:
    """Score as a model that proposes nothing in a table."""
    for segment in segments:
        found = 0 if segment.record["text"].isupper() else len(segment.record["text"]) / 200
        spans = (Candidate(0, 2, "ORG", found, greedy=False),) if found else ()
        yield Scored(round(found * (1 - found), 9), spans)


def warnings(design: SamplingDesign, frame: Frame = POOL, answers: int = 400) -> list[str]:
    """What is said while the first questions of a design are answered in batches of ten."""
    said: list[str] = []
    draws = draw_questions(frame, design, blind_to_tables, acquisition=expected_errors)
    tasks = islice(make_tasks(draws, design, HEADER, set_hashes), answers)
    spots = BlindSpots(frame.segments, design, [], say=said.append)
    while batch := list(islice(tasks, 10)):
        spots.update(json.loads(json.dumps(batch)))
    return said


@pytest.mark.parametrize(
    "chosen",
    [
        {"strategy": "random", "explore": 1.0},
        {"explore": 0.3},
        {"explore": 0.1},
        {"explore": 0.1, "within_kinds": True},
    ],
    ids=str,
)
def test_neither_random_questions_nor_a_share_of_chance_are_warned_of(chosen: dict[str, Any]):
    """Even where the model is blind to a third of the pool, and in all looks of a run together."""
    designs = [
        SamplingDesign(**{"strategy": "ranked", "unit": "segment", "seed": seed, **chosen})
        for seed in range(RUNS)
    ]
    warned = [design.seed for design in designs if warnings(design)]
    assert len(warned) <= 1


def test_a_strict_order_is_warned_of_at_the_first_look_and_once_for_each_kind():
    for seed in range(5):
        said = warnings(SamplingDesign("ranked-strict", "segment", seed=seed, strict=True))
        tables = [line for line in said if TABLES in line]
        assert tables == [
            f"no question so far about 33% of the pool: {TABLES} (330 segments); "
            "without --strict, every kind keeps a share of the questions"
        ]
        assert said[0] == tables[0]
    early = SamplingDesign("ranked-strict", "segment", strict=True)
    assert not warnings(early, answers=49)
    assert len(warnings(early, answers=50)) >= 1


def test_single_spans_leave_out_what_has_no_proposal_also_at_random():
    for chosen in ({"strategy": "teach"}, {"strategy": "random-binary", "explore": 1.0}):
        (said,) = warnings(SamplingDesign(unit="candidate", **chosen))
        assert said.startswith(f"no question so far about 33% of the pool: {TABLES}")
        assert said.endswith("only whole segments tell: al.random asks them")


def test_a_kind_that_is_asked_a_little_is_said_to_be():
    design = SamplingDesign("ranked-strict", "segment", strict=True)
    said: list[str] = []
    spots = BlindSpots(POOL.segments, design, [], say=said.append)
    by_kind = sorted(POOL.segments, key=lambda one: one.record["text"].isupper())
    chosen = [*by_kind[:97], *by_kind[-3:]]
    spots.update([{"_input_hash": one.input_hash} for one in chosen])
    start = f"only 3 of 100 questions so far about 33% of the pool: {TABLES}"
    assert any(line.startswith(start) for line in said)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (texts(8, 11), "fewer than twenty segments"),
        ([f"number {i} came" for i in range(10, 90)], "a pool of one kind"),
        (texts(40, 960), "a kind below a twentieth of the pool"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_where_no_kind_can_be_missed_nothing_is_said(lines: list[str], why: str):
    said = warnings(SamplingDesign("ranked-strict", "segment", strict=True), frame_of(lines), 60)
    assert not [line for line in said if TABLES in line], why


def test_answers_of_earlier_runs_count_and_simulated_ones_are_not_warned_of():
    design = SamplingDesign("ranked-strict", "segment", strict=True)
    running = [one for one in POOL.segments if not one.record["text"].isupper()]
    answers = [{"_input_hash": one.input_hash} for one in running]
    said: list[str] = []
    spots = BlindSpots(POOL.segments, design, answers[:49], say=said.append)
    spots.update([{**answers[49], SIMULATED: True}])
    assert not said
    spots = BlindSpots(POOL.segments, design, answers[:49], say=said.append)
    spots.update([answers[49]])
    assert TABLES in said[0]
    # what belongs to no segment of the pool is no question about it
    spots = BlindSpots(POOL.segments, design, answers[:49], say=said.append)
    said.clear()
    spots.update([{"_input_hash": -1}])
    assert not said


@pytest.mark.parametrize(
    ("recipe", "options", "warned"),
    [
        ("al.manual-ranked", {"strict": True}, True),
        ("al.manual-ranked", {}, False),
        ("al.random", {}, False),
    ],
)
def test_the_recipes_warn_on_the_terminal(
    controller: Callable[..., Any],
    world: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    recipe: str,
    options: dict[str, Any],
    warned: bool,
):
    source = tmp_path / "weather.jsonl"
    lines = (world / "pool.jsonl").read_text(encoding="utf8").splitlines()
    tables = [{"text": f"Rain {i} .", "meta": {"doc": f"rain {i // 3}"}} for i in range(10, 410)]
    source.write_text("\n".join([*lines, *map(json.dumps, tables)]), encoding="utf8")
    ctrl = controller(recipe, "x", str(world / "base"), str(source), label=["ORG"], **options)
    for _ in range(5):
        batch = ctrl.get_questions()
        ctrl.receive_answers([{**task, "spans": [], "answer": "accept"} for task in batch])
    heard = " ".join(capsys.readouterr().out.split())
    ctrl.close()
    assert (f"no question so far about 47% of the pool: {TABLES} (400 " in heard) is warned
