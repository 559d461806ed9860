"""A comparison on a Dask cluster: equal to one without it, and stored on this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from local_cluster import start_cluster

from prodigy_al.comparison.artifacts import ArmArtifacts
from prodigy_al.comparison.measuring import measure
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.run_cache import RunCache
from prodigy_al.errors import ActiveLearningError, OptionError
from prodigy_al.inputs.choices import choose_cluster
from prodigy_al.ner.pipelines import load_pipeline, pipeline_sha256


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two worker processes."""
    with start_cluster() as running:
        yield running.scheduler_address


@pytest.fixture
def asked(plan: Any, arm: Any, examples: Any, world: Path) -> Plan:
    """One arm, one seed, and the base named by its true hash."""
    sha256 = pipeline_sha256(load_pipeline(str(world / "base")))
    model = {"name": "base", "version": "1", "sha256": sha256}
    made: Plan = plan([arm("news", examples(30))], model=model)
    return made


def on_disk(plan: Plan) -> dict[str, bytes]:
    """The finished runs and the arms' files."""
    return {
        path.relative_to(plan.output).as_posix(): path.read_bytes()
        for path in plan.output.rglob("*")
        if path.is_file()
    }


def test_a_cluster_and_this_machine_agree_to_the_last_bit(
    asked: Plan, cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Everything is written by this process: patches of it do not reach the workers."""
    here = measure(asked)
    stored_here = on_disk(asked)
    asked.output.rename(tmp_path / "here")
    written: list[str] = []
    for store in (RunCache, ArmArtifacts):
        monkeypatch.setattr(store, "write", noted(store.write, written))
    there = replace(asked, cache=RunCache(asked.cache.folder), cluster=cluster)
    assert measure(there).models() == here.models()
    assert on_disk(there) == stored_here
    assert len(written) == 3
    assert {f"runs/{key}.json" for key in written} <= set(stored_here)
    assert any(name.endswith("model/ner/model") for name in stored_here)


def noted(write: Any, written: list[str]) -> Any:
    """Write as before, and note the key."""

    def noting(self: Any, key: str, content: Any) -> None:
        written.append(key)
        write(self, key, content)

    return noting


def test_another_base_under_the_same_name_is_refused(asked: Plan, cluster: str):
    other = replace(asked, cluster=cluster, model={**asked.model, "sha256": "0" * 64})
    with pytest.raises(ActiveLearningError, match=r"the job .* is another there than here"):
        measure(other)
    assert not list(asked.cache.folder.iterdir())


def test_a_base_that_the_workers_lack_is_the_ordinary_sentence(asked: Plan, cluster: str):
    other = replace(asked, cluster=cluster, base="elsewhere")
    there = rf"the job .* \(on {socket.gethostname()}\) failed: no pipeline 'elsewhere'"
    with pytest.raises(ActiveLearningError, match=there):
        measure(other)


@pytest.mark.parametrize(
    "engine",
    ["banana", "dask://", "dask://host", "dask://host:x", "dask://host:0", "dask://host:70000",
     "tcp://host:8786", "dask://host:8786/", "dask://user@host:8786", "DASK://host:8786", ""],
)  # fmt: skip
def test_an_engine_that_is_no_cluster_names_the_option(engine: str):
    with pytest.raises(OptionError, match=r"^--engine .*: give a Dask scheduler as") as refused:
        choose_cluster(engine, workers=0)
    assert refused.value.value == engine


def test_processes_of_this_machine_and_a_cluster_exclude_each_other():
    assert choose_cluster(None, workers=3) is None
    assert choose_cluster("dask://[::1]:8786", workers=0) == "tcp://[::1]:8786"
    with pytest.raises(OptionError, match=r"^--workers 3: it counts processes of this machine"):
        choose_cluster("dask://host:8786", workers=3)


def test_the_command_line_answers_a_wrong_engine_before_anything_else(prodigy: Any):
    arguments = ("al.compare", "news", "no-model", "--test", "no-test")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        done = prodigy(*arguments, "--engine", f"dask://127.0.0.1:{port}")
    assert done.returncode == 1
    assert f"--engine tcp://127.0.0.1:{port}: found no Dask scheduler there" in done.stderr
    assert "Traceback" not in done.stderr
