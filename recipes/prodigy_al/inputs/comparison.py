"""Datasets, a model and a test set -> the plan of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from joblib import cpu_count
from prodigy.components.db import connect

from prodigy_al.comparison.arms import read_arm
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.run_cache import RunCache
from prodigy_al.comparison.testset import read_test
from prodigy_al.inputs.choices import (
    choose_cluster,
    choose_labels,
    choose_policies,
    choose_workers,
    match_datasets,
)
from prodigy_al.inputs.sources import read_source
from prodigy_al.jobs.run import check_cluster
from prodigy_al.ner.pipelines import describe_pipeline, find_ner, has_ner, load_pipeline
from prodigy_al.training.robust.frozen_base import require_upper


def open_comparison(
    datasets: Sequence[str],
    model: str,
    test: str,
    *,
    label: list[str] | None,
    loader: str | None,
    skip_bad: bool,
    policies: Sequence[str] | None,
    curves: bool,
    seeds: Sequence[int],
    workers: int,
    engine: str | None,
    output: Path,
) -> Plan:
    """Read arms and test set and check everything that can be checked before training."""
    chosen_policies = choose_policies(policies)
    processes = choose_workers(workers, cpu_count())
    if (cluster := choose_cluster(engine, workers)) is not None:
        check_cluster(cluster)
    database = connect()
    names = match_datasets(datasets, database.datasets)
    stored = {name: list(database.get_dataset_examples(name)) for name in names}
    labels = choose_labels(label, chain.from_iterable(stored.values()))
    nlp = load_pipeline(model)
    if "robust" in chosen_policies and has_ner(nlp):
        require_upper(find_ner(nlp), model)
    source = f"dataset:{test}" if test in database else test
    records = read_source(source, nlp, loader=loader, unsegmented=True, skip_bad=skip_bad)
    return Plan(
        arms=[
            read_arm(name, examples, labels, tokenizer=nlp.make_doc, curves=curves)
            for name, examples in stored.items()
        ],
        test=read_test(
            test, [(key, record) for _, key, record in records], labels, tokenizer=nlp.make_doc
        ),
        base=model,
        model=describe_pipeline(model, nlp),
        labels=labels,
        policies=chosen_policies,
        seeds=seeds,
        workers=processes,
        cluster=cluster,
        cache=RunCache(output / "runs"),
        output=output,
        curves=curves,
    )
