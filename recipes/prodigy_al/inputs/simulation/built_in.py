"""`ner.teach`, the recipe that people had: Prodigy's own, or the host's re-implementation of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from thinc.api import fix_random_seed

from prodigy_al.errors import OptionError
from prodigy_al.inputs.sources import cut_segments, open_source
from prodigy_al.ner.pipelines import load_pipeline, sentence_splitter

TASK_KEYS = ("text", "tokens", "meta")
"""What a question is made of; the gold spans stay here."""


def find_ner_teach() -> Callable[..., Any]:
    """Return the function. Raises `OptionError` where there is none to import."""
    try:
        from prodigy.recipes.ner import teach
    except ImportError as error:
        raise OptionError(
            "--arms",
            "ner-teach",
            "it runs ner.teach, and there is none to import here (prodigy.recipes.ner): leave it "
            "out, or install a Prodigy or recipe-host that has it",
        ) from error
    found: Callable[..., Any] = teach
    return found


def open_ner_teach(
    dataset: str,
    model: str,
    gold: str,
    *,
    label: Sequence[str],
    loader: str | None,
    skip_bad: bool,
    unsegmented: bool,
    gpu_id: int,
    seed: int,
) -> Any:
    """Call `ner.teach` as other plugins call built-in recipes, and return its components.

    It gets a loaded pipeline and the distinct segments that the other arms draw from, in the order
    of the source. `seed` is that of whatever is random in it.
    """
    teach = find_ner_teach()
    records = open_source(gold, loader=loader, skip_bad=skip_bad)
    nlp = load_pipeline(model, gpu_id=gpu_id)
    tasks: dict[int, dict[str, Any]] = {}
    for _, key, segment in cut_segments(records, sentence_splitter(nlp), unsegmented=unsegmented):
        task = {name: segment[name] for name in TASK_KEYS if name in segment}
        tasks.setdefault(key, task)
    fix_random_seed(seed)
    return teach(dataset, nlp, list(tasks.values()), label=list(label), unsegmented=True)
