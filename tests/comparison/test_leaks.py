"""Nothing of dev or test reaches training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.tokens import DocBin

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.artifacts import STAMP
from prodigy_al.comparison.measuring import measure
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.testset import SHORT_TEXT, TestSet, read_test
from prodigy_al.report.build import build_report, compare
from prodigy_al.report.schema import Report
from prodigy_al.training.answers import Answers


def other_answers(answers: Answers) -> Answers:
    """Return new texts in place of all, each with its first token as the one entity."""
    return replace(
        answers,
        items=tuple(
            replace(
                item,
                words=tuple(f"{word}x" for word in item.words),
                accepted=((0, 1, "ORG"),),
                rejected=(),
            )
            for item in answers.items
        ),
    )


def compared(plan: Plan) -> dict[str, bytes]:
    """Compare, and return the files of the one arm under all policies."""
    compare(plan)
    folder = plan.output / "arms"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != STAMP
    }


def test_other_dev_answers_and_another_test_set_change_no_bit_of_what_is_trained(
    plan: Any, arm: Any, examples: Any, gold: TestSet, tmp_path: Path
):
    found: Arm = arm("news", examples(60))
    policies = ("usual", "robust")
    before = compared(plan([found], policies))
    (tmp_path / "out").rename(tmp_path / "before")  # so that nothing of it is taken over
    elsewhere = replace(gold, gold=other_answers(gold.gold))
    after = compared(plan([replace(found, dev=other_answers(found.dev))], policies, test=elsewhere))
    different = {name for name, content in before.items() if after[name] != content}
    assert before.keys() == after.keys()
    assert different == {"news/usual/dev.spacy", "news/robust/dev.spacy"}
    assert {"news/robust/config.cfg", "news/robust/train.spacy"} < before.keys()


def test_another_training_answer_does_change_it(plan: Any, arm: Any, examples: Any, tmp_path: Path):
    """The comparison above can fail."""
    found: Arm = arm("news", examples(60))
    before = compared(plan([found]))
    (tmp_path / "out").rename(tmp_path / "before")
    first, *rest = found.train.items
    changed = replace(first, accepted=() if first.accepted else ((0, 1, "ORG"),))
    train = replace(found.train, items=(changed, *rest))
    after = compared(plan([replace(found, train=train)]))
    assert before["news/usual/model/ner/model"] != after["news/usual/model/ner/model"]


def test_an_arm_with_its_folds_swapped_loses_the_texts_of_the_test_set(
    plan: Any, arm: Any, examples: Any
):
    """The test set holds an arm's dev texts; another arm was trained on them by mistake."""
    honest: Arm = arm("honest", examples(80))
    swapped = replace(honest, dataset="swapped", train=honest.dev, dev=honest.train)
    half = honest.dev.take(range(len(honest.dev) // 2))
    leaked = TestSet(
        name="leaked",
        gold=half,
        hashes=tuple(item.input_hash for item in half.items),
        groups=tuple(str(item.input_hash) for item in half.items),
    )
    long = [item for i, item in enumerate(half.items) if not leaked.short(i)]
    asked = plan([honest, swapped], test=leaked)
    report = compare(asked)
    assert len(long) > 2
    assert report.test.overlap.trained_on_removed == {"honest": 0, "swapped": len(long)}
    assert report.arms["swapped"].train == len(honest.dev) - len(long)
    vocab = spacy.blank("en").vocab
    path = asked.artifacts(swapped, "usual").path / "train.spacy"
    trained = {tuple(t.text for t in doc) for doc in DocBin().from_disk(path).get_docs(vocab)}
    assert trained.isdisjoint({item.words for item in long})
    assert len(trained) > 0


@pytest.fixture
def recorded(arm: Any, examples: Any) -> Arm:
    """An arm that was drawn with records, which name documents as frames do.

    Its folds are those of a foreign arm exchanged: each has what the other trains on in its dev.
    """
    found: Arm = arm("recorded", examples(80))
    groups = {e["_input_hash"]: f"doc={e['meta']['doc']}" for e in examples(80)}
    folds = {"train": found.dev, "dev": found.train}
    return replace(found, strategy="ranked", seed=0, fold_salt="salt", groups=groups, **folds)


def leaks(plan: Plan) -> set[tuple[str, str]]:
    """Return (model, set) of each marked cell."""
    return marked(build_report(measure(plan)))


def marked(report: Report) -> set[tuple[str, str]]:
    return {(cell.model, cell.set) for cell in report.matrix if cell.leak}


def test_recorded_and_foreign_arms_that_share_a_document_are_marked(
    plan: Any, recorded: Arm, arm: Any, examples: Any
):
    """Sentences of the same documents: of each five, four in one dataset and one in the other."""
    rest = [e for e in examples(80) if e["_input_hash"] % 5 == 0]
    elsewhere = [{**e, "_input_hash": 1_000 + e["_input_hash"]} for e in rest]
    foreign: Arm = arm("foreign", elsewhere)
    assert leaks(plan([recorded, foreign])) == {("recorded", "foreign"), ("foreign", "recorded")}
    apart: Arm = arm("foreign", [{**e, "meta": {"doc": f"other {i}"}}
                                 for i, e in enumerate(elsewhere)])  # fmt: skip
    assert leaks(plan([recorded, apart])) == set()


def test_a_text_that_names_its_document_in_one_dataset_alone_is_marked(
    untrained: Any, recorded: Arm, arm: Any, examples: Any
):
    """The same texts twice: each model was trained on texts of the other's dev answers."""
    unnamed: Arm = arm("unnamed", [{**e, "meta": {}} for e in examples(80)])
    short = [item for item in unnamed.dev.items if len(item.words) < SHORT_TEXT]
    both = {("recorded", "unnamed"), ("unnamed", "recorded")}
    assert marked(untrained(recorded, unnamed)) == both
    # short texts coincide by chance
    only_short = replace(unnamed, dev=replace(unnamed.dev, items=tuple(short)))
    assert len(short) > 2
    assert ("recorded", "unnamed") not in marked(untrained(recorded, only_short))


def test_a_document_of_the_test_set_that_was_trained_on_is_marked(
    plan: Any, recorded: Arm, arm: Any, examples: Any, gold: TestSet
):
    foreign: Arm = arm("foreign", [{**e, "meta": {"doc": f"f{e['meta']['doc']}"}}
                                   for e in examples(120)[80:]])  # fmt: skip
    document = recorded.groups[recorded.train.items[0].input_hash].removeprefix("doc=")
    same = [(200_000 + e["_input_hash"], {**e, "meta": {"doc": document}}) for e in examples(40)]
    test = read_test("same", same, gold.gold.labels, tokenizer=spacy.blank("en").make_doc)
    assert leaks(plan([recorded, foreign], test=test)) == {("recorded", "test")}
    assert leaks(plan([recorded, foreign])) == set()


def test_naming_documents_in_full_leaves_the_fold_of_foreign_arms_as_it_was(
    arm: Any, examples: Any
):
    found: Arm = arm("foreign", examples(120))
    documents = {found.groups[item.input_hash] for item in found.dev.items}
    # as they were drawn when a group was spelt without its key
    assert documents == {f"doc=1-{number}" for number in (4, 5, 6, 7, 14, 23)}
