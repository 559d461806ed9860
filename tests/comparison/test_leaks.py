"""Nothing of dev or test reaches training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import spacy
from spacy.tokens import DocBin

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.artifacts import STAMP
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.testset import TestSet
from prodigy_al.report.build import compare
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
    path = asked.folder(swapped, "usual").path / "train.spacy"
    trained = {tuple(t.text for t in doc) for doc in DocBin().from_disk(path).get_docs(vocab)}
    assert trained.isdisjoint({item.words for item in long})
    assert len(trained) > 0
