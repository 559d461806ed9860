"""Datasets, a model and a test set -> the plan of a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from joblib import cpu_count
from prodigy.components.db import connect
from spacy.language import Language

from prodigy_al.comparison.cuts import find_cuts
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.run_cache import RunCache
from prodigy_al.comparison.testset import TestSet, no_test, read_test
from prodigy_al.inputs.arms import read_arms, read_stored
from prodigy_al.inputs.choices import (
    ANSWERS,
    SECONDS,
    check_equal,
    check_quick,
    check_wanted,
    choose_cluster,
    choose_labels,
    choose_policies,
    choose_workers,
)
from prodigy_al.inputs.frames import find_candidates
from prodigy_al.inputs.naming import naming_options
from prodigy_al.inputs.pool_source import read_pool
from prodigy_al.inputs.questions import find_questions, find_remedy
from prodigy_al.inputs.sources import cut_segments, open_source
from prodigy_al.jobs.run import check_cluster
from prodigy_al.ner.pipelines import describe_pipeline, find_ner, has_ner, load_pipeline
from prodigy_al.scoring.chunks import Helping
from prodigy_al.training.policies import ROBUST
from prodigy_al.training.robust.frozen_base import require_upper


def open_comparison(
    datasets: Sequence[str],
    model: str,
    test: str | None,
    *,
    label: list[str] | None,
    loader: str | None,
    skip_bad: bool,
    group_by: str | None,
    policies: Sequence[str] | None,
    curves: bool,
    seeds: Sequence[int],
    workers: int,
    engine: str | None,
    output: Path,
    pool: str | None = None,
    quick: bool = False,
    wanted: float | None = None,
    equal: str = ANSWERS,
    why: bool = False,
    command: str = "",
) -> Plan:
    """Read arms and test set and check everything that can be checked before training.

    `pool` is the source that the arms were drawn from. With `quick` nothing will be trained, and
    `test` may be None; `wanted` is the difference of F1 to plan for, `equal` what arms and their
    controls are compared at, `command` what was typed for it. With `why`, what tells why arms
    differ is trained too. Options come first, then datasets and sources, then the model.

    Raises `OptionError`, `AnswerError`, `SourceError` or `ModelError`.
    """
    check_wanted(wanted)
    check_equal(equal)
    check_quick(quick, test=test, policies=policies, curves=curves, why=why)
    chosen_policies = () if quick else choose_policies(policies)
    processes = choose_workers(workers, cpu_count())
    cluster = choose_cluster(engine, workers)
    if cluster is not None:
        with naming_options():
            check_cluster(cluster)
    stored = read_stored(datasets)
    labels = choose_labels(label, chain.from_iterable(stored.answers.values()))
    test_records = _open_test(test, loader=loader, skip_bad=skip_bad) if test is not None else ()
    pool_records = open_source(pool, loader=loader, skip_bad=skip_bad) if pool else None
    nlp = load_base(model, chosen_policies)
    segments = list(cut_segments(test_records, nlp, unsegmented=True))
    with naming_options():
        cache = RunCache(output / "runs")
    arms = read_arms(stored, labels, tokenizer=nlp.make_doc, curves=curves, group_by=group_by)
    with naming_options():
        gold = no_test(labels)
        if test is not None:
            gold = _read_test(test, segments, nlp, labels, skip_bad=skip_bad, group_by=group_by)
    described = describe_pipeline(model, nlp)
    pool_texts = None
    if pool and pool_records:
        helping = Helping.on_all_cores(model, described["sha256"], cores=processes)
        pool_texts = read_pool(pool, pool_records, arms, labels=labels, nlp=nlp, helping=helping)
    timed = bool(chosen_policies) and equal == SECONDS
    return Plan(
        arms=arms,
        test=gold,
        base=model,
        model=described,
        candidates=find_candidates(arms, nlp, described),
        labels=labels,
        policies=chosen_policies,
        seeds=() if quick else seeds,
        workers=processes,
        cluster=cluster,
        cache=cache,
        output=output,
        curves=curves,
        cuts=find_cuts(arms, stored.answers, tokenizer=nlp.make_doc) if timed else {},
        wanted=wanted,
        questions=find_questions(arms, labels, nlp, seeds) if why else None,
        remedy=find_remedy(nlp, model) if why else None,
        command=command,
        pool=pool_texts,
    )


def _open_test(
    test: str, *, loader: str | None, skip_bad: bool
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Open the test set, which is the dataset of this name where there is one, else a source."""
    source = f"dataset:{test}" if test in connect() else test
    return open_source(source, loader=loader, skip_bad=skip_bad)


def read_test_set(
    test: str,
    nlp: Language,
    labels: Sequence[str],
    *,
    loader: str | None,
    skip_bad: bool,
    group_by: str | None,
) -> TestSet:
    """Open and read a test set, with the tokenizer of a pipeline where it stores no tokens.

    Raises `OptionError`, `AnswerError` or `SourceError`.
    """
    opened = _open_test(test, loader=loader, skip_bad=skip_bad)
    segments = list(cut_segments(opened, nlp, unsegmented=True))
    with naming_options():
        return _read_test(test, segments, nlp, labels, skip_bad=skip_bad, group_by=group_by)


def _read_test(
    test: str,
    segments: Sequence[tuple[int, int, dict[str, Any]]],
    nlp: Language,
    labels: Sequence[str],
    *,
    skip_bad: bool,
    group_by: str | None,
) -> TestSet:
    return read_test(
        test,
        [(key, record) for _, key, record in segments],
        labels,
        tokenizer=nlp.make_doc,
        skip_bad=skip_bad,
        numbers=[number for number, _, _ in segments],
        group_by=group_by,
    )


def load_base(model: str, policies: Sequence[str]) -> Language:
    """Return the loaded base; for robust training, refuse one that it cannot split."""
    nlp = load_pipeline(model)
    if ROBUST.name in policies and has_ner(nlp):
        require_upper(find_ner(nlp), model)
    return nlp
