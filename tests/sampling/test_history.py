"""Drawing while the model learns: blocks, rounds, frozen candidates, and restarts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from prodigy_al.sampling.blocks import Draw
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import Frame, Segment, build_frame
from prodigy_al.sampling.history import ANSWERS, ModelVersion, ModelVersions, RunHistory
from prodigy_al.sampling.inclusion import inclusion, verify_records
from prodigy_al.sampling.kinds import measure_kinds
from prodigy_al.sampling.questions import Header, make_record
from prodigy_al.sampling.scored import Candidate, Scored, rescored
from prodigy_al.scoring.acquisition import errors_per_root_token, expected_errors

EVERY = 10
TEACH = SamplingDesign("teach-learning", "candidate", block_size=20, rate=0.2, learn_every=EVERY)
RANKED = SamplingDesign("ranked-learning", "segment", learn_every=EVERY)
HEADER = Header(model={}, scorer={}, source={}, segmentation="tokens")


def frame_of(n: int = 200) -> Frame:
    records = [
        (i, i * 7919, {"text": f"text {'and ' * (i % 3)}{i}", "meta": {"doc": i // 4}})
        for i in range(n)
    ]
    return build_frame(records, dev_share=0.25, fold_salt="s")


def score(segments: Sequence[Segment]) -> Iterator[Scored]:
    """The starting model: every third segment has no candidate; the others have one or two."""
    for segment in segments:
        i = segment.input_hash // 7919
        spans = tuple(
            Candidate(0, 4 + k, "ORG", ((i * 37) % 97 + k) / 100, greedy=k == 0)
            for k in range(i % 3)
        )
        yield Scored(round(sum(s.p * (1 - s.p) for s in spans), 9), spans)


def version(answers: int) -> ModelVersion:
    """A later model: other marginals than the starting one, the more answers the more so."""

    def later(segments: Sequence[Segment]) -> Iterator[Scored]:
        for segment, first in zip(segments, score(segments), strict=True):
            i = segment.input_hash // 7919
            p = ((i * 53 + answers * 7) % 89) / 100
            spans = (*(Candidate(c.start, c.end, c.label, p, c.greedy) for c in first.candidates),
                     Candidate(90, 95, "ORG", 0.5, greedy=True))  # fmt: skip
            yield Scored(round(sum(s.p * (1 - s.p) for s in spans), 9), spans)

    return ModelVersion(answers, f"sha-{answers}", later)


class Learning(ModelVersions):
    """Versions that are there at once, one after every tenth train-fold answer."""

    def __init__(self, records=(), *, repeats: bool = True, late: int = 0) -> None:
        self.history = RunHistory.from_records(records)
        self.train = sum(record.fold == "train" for _, record in records)
        self.repeats = repeats
        self.late = late  # answers that come in while a refit runs
        self.restored: list[int] = []

    def newest(self) -> ModelVersion | None:
        answers = max(0, self.train - self.late) // EVERY * EVERY
        return version(answers) if answers else None

    def restore(self, answers: int, sha256: str) -> ModelVersion | None:
        self.restored.append(answers)
        found = version(answers)
        return found if self.repeats and found.sha256 == sha256 else None


def session(
    design: SamplingDesign,
    n: int | None = None,
    stored: Sequence = (),
    *,
    repeats: bool = True,
    lost: Collection[int] = (),
    late: int = 0,
) -> list:
    """Answer up to n questions; return (input, record) of all stored. `lost` were never answered.

    Questions that are stored already come again and are left out, as every host does.
    """
    versions = Learning(stored, repeats=repeats, late=late)
    found, asked = list(stored), {key for key, _ in stored}
    draws = (
        draw
        for draw in draw_questions(frame_of(), design, score, versions, acquisition=expected_errors)
        if draw.segment.input_hash not in asked
    )
    for i, draw in enumerate(islice(draws, n)):
        if i in lost:
            continue
        found.append((draw.segment.input_hash, make_record(draw, design, HEADER)))
        versions.train += draw.segment.fold == "train"
    return found


@pytest.mark.parametrize("design", [TEACH, RANKED], ids=["teach", "ranked"])
def test_everything_is_asked_once_and_every_record_recomputes(design: SamplingDesign):
    stored = session(design)
    asked = Counter(key for key, _ in stored)
    everything = {
        s.input_hash
        for s in frame_of().segments
        if design.unit == "segment" or s.input_hash // 7919 % 3
    }
    assert asked == Counter(everything)
    assert verify_records(stored) == len(stored)
    assert len({record.model.get(ANSWERS, 0) for _, record in stored}) > 5


def test_one_model_orders_a_whole_block():
    models: dict[tuple[str, int, int], set[int]] = {}
    for _, record in session(TEACH):
        models.setdefault((record.fold, record.round, record.block), set()).add(
            record.model.get(ANSWERS, 0)
        )
    assert all(len(seen) == 1 for seen in models.values())


def test_a_round_over_the_whole_pool_ends_when_a_newer_model_is_there():
    train = [record for _, record in session(RANKED, 80) if record.fold == "train"]
    refitted_on = [record.model.get(ANSWERS, 0) for record in train]
    assert refitted_on == [i // EVERY * EVERY for i in range(len(train))]
    assert [record.round for record in train] == [i // EVERY for i in range(len(train))]


@pytest.mark.parametrize("design", [TEACH, RANKED], ids=["teach", "ranked"])
def test_dev_questions_are_those_of_the_starting_model(design: SamplingDesign):
    alone = [
        (d.segment.input_hash, d.key)
        for d in draw_questions(frame_of(), design, score, acquisition=expected_errors)
        if d.segment.fold == "dev"
    ]
    dev = [(key, record.key) for key, record in session(design) if record.fold == "dev"]
    assert dev == alone
    assert all(ANSWERS not in r.model for _, r in session(design) if r.fold == "dev")


def test_a_span_that_only_a_later_model_proposes_is_not_asked_about():
    frozen = {s.input_hash: next(iter(score([s]))).candidates for s in frame_of().segments}
    versions = Learning()
    versions.train = EVERY
    for draw in draw_questions(frame_of(), TEACH, score, versions, acquisition=expected_errors):
        assert isinstance(draw, Draw)
        assert draw.candidate is not None
        spans = {(c.start, c.end) for c in frozen[draw.segment.input_hash]}
        assert (draw.candidate.start, draw.candidate.end) in spans
        if draw.segment.fold == "train":
            assert draw.scored == _with_later_marginals(draw, frozen[draw.segment.input_hash])


def _with_later_marginals(draw: Draw, frozen: Sequence[Candidate]) -> Scored:
    later = {c.end: c.p for c in next(iter(version(EVERY).score([draw.segment]))).candidates}
    spans = tuple(Candidate(c.start, c.end, c.label, later[c.end], c.greedy) for c in frozen)
    return Scored(round(sum(s.p * (1 - s.p) for s in spans), 9), spans)


@pytest.mark.parametrize("design", [TEACH, RANKED], ids=["teach", "ranked"])
@pytest.mark.parametrize("stop", [1, 13, 47, 61, 90])
def test_a_restart_goes_on_in_the_same_order(design: SamplingDesign, stop: int):
    undisturbed = session(design)
    assert session(design, stored=session(design, stop)) == undisturbed


@pytest.mark.parametrize("design", [TEACH, RANKED], ids=["teach", "ranked"])
def test_what_was_on_screen_when_it_stopped_is_asked_again_by_its_own_model(
    design: SamplingDesign,
):
    stored = session(design, 62, lost=[40, 55, 58])
    lost = [key for key, _ in session(design, 62) if key not in {k for k, _ in stored}]
    again = session(design, stored=stored)
    assert set(lost) & {key for key, _ in again[len(stored) : len(stored) + 12]}
    assert verify_records(again) == len(again)
    assert len({key for key, _ in again}) == len(again) == len(session(design))


def test_what_a_round_had_asked_is_asked_again_though_a_newer_model_is_there_now():
    """Three answers of a round came in after the last one that the newer model was refitted on."""
    stored = session(RANKED, 58, lost=[54], late=5)
    (lost,) = {key for key, _ in session(RANKED, 58, late=5)} - {key for key, _ in stored}
    last = [record for _, record in stored if record.fold == "train"][-1]
    again = session(RANKED, stored=stored)
    (place,) = [i for i, (key, _) in enumerate(again) if key == lost]
    assert place == len(stored)
    assert again[place][1].round == last.round
    assert verify_records(again) == len(again)


def test_a_model_that_cannot_be_made_again_ends_its_block():
    stored = session(TEACH, 62)
    again = session(TEACH, stored=stored, repeats=False)
    assert len({key for key, _ in again}) == len(again) == len(session(TEACH))
    assert verify_records(again) == len(again)


def test_a_later_score_weighs_the_same_tokens():
    frozen = Scored(9.0, (Candidate(0, 4, "ORG", 0.5, greedy=True),), tokens=16)
    later = Scored(9.0, (Candidate(0, 4, "ORG", 0.2, greedy=False),), tokens=16)
    found = rescored(frozen, later, errors_per_root_token)
    assert (found.u, found.tokens) == (0.04, 16)


def test_a_later_score_of_more_than_marginals_is_the_later_models_own():
    frozen = Scored(9.0, (Candidate(0, 4, "ORG", 0.5, greedy=True),), tokens=16)
    later = Scored(3.0, (Candidate(0, 4, "ORG", 0.2, greedy=False),), tokens=16)
    found = rescored(frozen, later, None)
    assert found.u == 3.0
    assert [span.p for span in found.candidates] == [0.2]


@pytest.mark.parametrize("design", [TEACH, RANKED], ids=["teach", "ranked"])
def test_kinds_are_those_of_the_whole_fold_in_every_round(design: SamplingDesign):
    kinds = replace(design, within_kinds=True)
    stored = session(kinds)
    assert session(kinds, stored=session(kinds, 61)) == stored
    assert verify_records(stored) == len(stored)
    measured = measure_kinds(frame_of().fold("train"))
    of_text = {s.input_hash: measured.name(s) for s in frame_of().segments}
    train = [(key, record) for key, record in stored if record.fold == "train"]
    assert all(record.stratum == of_text[key] for key, record in train)
    assert len({record.round for _, record in train}) > 1
    assert len({record.stratum for _, record in train}) > 1


def test_only_blocks_with_open_questions_need_their_model_again():
    stored = session(TEACH, 100)
    versions = Learning(stored)
    blocks = {(r.round, r.block) for _, r in stored if r.fold == "train" and r.model.get(ANSWERS)}
    list(draw_questions(frame_of(), TEACH, score, versions, acquisition=expected_errors))
    assert len(blocks) > 5
    assert len(versions.restored) <= 1


def test_train_answers_of_later_rounds_have_no_probability():
    train = [(key, record) for key, record in session(RANKED, 120) if record.fold == "train"]
    later = np.array([record.round > 0 for _, record in train])
    assert 0 < later.sum() < len(train)
    assert (np.isnan(inclusion(train)) == later).all()
