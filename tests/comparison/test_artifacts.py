"""Each arm's files: complete, those of the compared run, and enough to train it again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.tokens import DocBin

from prodigy_al.comparison.artifacts import STAMP, ArmArtifacts, folder_name
from prodigy_al.comparison.measurements import Model
from prodigy_al.comparison.measuring import measure
from prodigy_al.comparison.testset import TestSet
from prodigy_al.errors import ParameterError
from prodigy_al.jobs import files
from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import set_blas
from prodigy_al.report.build import compare
from prodigy_al.training.policies import POLICIES, to_docs

FILES = {"train.spacy", "dev.spacy", "config.cfg", "model", STAMP}


@pytest.mark.parametrize(("policy", "form"), [("usual", "full"), ("robust", "binary")])
def test_spacy_train_makes_the_compared_pipeline_again(
    policy: str,
    form: str,
    plan: Any,
    arm: Any,
    examples: Any,
    gold: TestSet,
    spacy_train: Any,
    tmp_path: Path,
):
    asked = plan([arm("news", examples(60, form))], [policy])
    measured = measure(asked)
    folder = asked.artifacts(asked.arms[0], policy).path
    assert {path.name for path in folder.iterdir()} == FILES
    spacy_train(folder / "config.cfg", tmp_path / "again")
    ours, again = spacy.load(folder / "model"), spacy.load(tmp_path / "again" / "model-last")
    assert ours.get_pipe("ner").to_bytes() == again.get_pipe("ner").to_bytes()
    set_blas(again, use_blis=False)
    found = predict_entities(again, to_docs(gold.gold, POLICIES["usual"], again.vocab))
    (predicted,) = measured.predictions[Model("news", policy)]
    assert [frozenset(spans) for spans in found] == predicted
    assert sum(map(len, predicted)) > 0


def test_train_and_dev_files_are_the_arms_folds(plan: Any, arm: Any, examples: Any):
    asked = plan([arm("news", examples())])
    measure(asked)
    folder = asked.artifacts(asked.arms[0], "usual").path
    vocab = spacy.blank("en").vocab
    for fold in ("train", "dev"):
        answers = getattr(asked.arms[0], fold)
        stored = DocBin().from_disk(folder / f"{fold}.spacy").get_docs(vocab)
        found = {
            (doc.text.strip(), tuple((e.start, e.end, e.label_) for e in doc.ents))
            for doc in stored
        }
        assert found == {
            (doc.text.strip(), item.accepted)
            for doc, item in zip(
                to_docs(answers, POLICIES["usual"], vocab), answers.items, strict=True
            )
        }


def test_only_the_first_seed_is_written_and_a_second_run_repeats_nothing(
    plan: Any, arm: Any, examples: Any
):
    asked = plan([arm("news", examples(40))], ["usual"], [3, 4])
    compare(asked)
    folder = asked.artifacts(asked.arms[0], "usual").path
    assert "seed = 3" in (folder / "config.cfg").read_text()
    assert [path.name for path in folder.parent.iterdir()] == ["usual"]
    written = (folder / STAMP).stat().st_mtime_ns
    said: list[str] = []
    compare(asked, said.append)
    assert said[0].startswith("3 of 3 runs")
    assert (folder / STAMP).stat().st_mtime_ns == written


@pytest.mark.parametrize("missing", ["", "dev.spacy", "model/ner/model", STAMP])
def test_a_cached_run_whose_files_are_not_all_there_is_made_again(
    missing: str, plan: Any, arm: Any, examples: Any
):
    asked = plan([arm("news", examples(40))])
    compare(asked)
    folder = asked.artifacts(asked.arms[0], "usual").path
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if missing:
        (folder / missing).unlink()
    else:
        shutil.rmtree(folder)
    said: list[str] = []
    compare(asked, said.append)
    assert said[0].startswith("1 of 2 runs")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_other_answers_replace_the_folder(plan: Any, arm: Any, examples: Any):
    first, second = (plan([arm("news", examples(number))]) for number in (40, 44))
    compare(first)
    folder = first.artifacts(first.arms[0], "usual").path
    before = (folder / "train.spacy").read_bytes()
    compare(second)
    assert (folder / "train.spacy").read_bytes() != before
    assert [path.name for path in folder.parent.iterdir()] == ["usual"]


class Killed(BaseException):
    """Nothing that is caught as an error."""


STEPS = [("mkdir", 3), ("write_bytes", 3), ("rename", 2)]


@pytest.mark.parametrize(("name", "call"), [(name, i) for name, n in STEPS for i in range(n)])
def test_a_folder_that_was_being_written_never_looks_complete(
    name: str, call: int, tmp_path: Path, arm: Any, examples: Any, monkeypatch: pytest.MonkeyPatch
):
    """Stopped at every step on the disk, without the tidying that a live process does."""
    monkeypatch.setattr(files, "remove_parts", lambda folder: None)
    folder = ArmArtifacts(tmp_path / "arms" / "news" / "usual", arm("news", examples(40)).dev)
    folder.write("old", {"config.cfg": b"old", "more": b""})
    calls, real = iter(range(call)), getattr(Path, name)

    def stop(self: Path, *args: Any, **kwargs: Any) -> Any:
        if next(calls, None) is None:
            raise Killed
        return real(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, name, stop)
        with pytest.raises(Killed):
            folder.write("new", {"config.cfg": b"new", "model/ner/model": b"weights"})
    assert not folder.holds("new")
    assert folder.holds("old") == ((name, call) != ("rename", 1))
    assert folder.path.exists() == folder.holds("old")


def test_what_a_killed_run_left_is_removed(tmp_path: Path, arm: Any, examples: Any):
    folder = ArmArtifacts(tmp_path / "arms" / "news" / "usual", arm("news", examples(40)).dev)
    left = folder.path.with_name("usual.1.new.part")
    neighbour = folder.path.with_name("usual-outside.1.new.part")
    for path in (left, neighbour):
        path.mkdir(parents=True)
    folder.write("key", {"config.cfg": b""})
    assert (left.exists(), neighbour.exists()) == (False, True)
    assert folder.holds("key")
    assert not folder.holds("other")


def test_a_folder_that_cannot_be_written_names_the_option(tmp_path: Path, arm: Any, examples: Any):
    (tmp_path / "arms").write_text("in the way")
    folder = ArmArtifacts(tmp_path / "arms" / "news" / "usual", arm("news", examples(40)).dev)
    with pytest.raises(ParameterError, match=f"output {tmp_path}: finished runs cannot be stored"):
        folder.write("key", {"config.cfg": b""})


def test_names_that_are_not_file_names_stay_readable_and_distinct(tmp_path: Path):
    names = ["news", "a/b", "a:b", "..", ".", "../up", "a b", "新聞", "x" * 300, "x" * 299, "dot."]
    found = [folder_name(name) for name in names]
    assert len(set(found)) == len(names)
    for name in found:
        (tmp_path / name).mkdir()
        assert (tmp_path / name).parent == tmp_path
    assert {path.name for path in tmp_path.iterdir()} == set(found)
    assert found[0] == "news"
    assert found[1].startswith("a_b-")
    assert found[7] == "新聞"


def test_the_stamp_names_every_file(plan: Any, arm: Any, examples: Any):
    asked = plan([arm("news", examples(40))])
    compare(asked)
    folder = asked.artifacts(asked.arms[0], "usual").path
    stamp = json.loads((folder / STAMP).read_text())
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert set(stamp["files"]) == there - {STAMP}
