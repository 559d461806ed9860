"""Yes or no to whatever comes, twice the same question answered from memory, counts at the end."""

from collections import Counter

import prodigy
from prodigy.components.loaders import get_stream
from prodigy.util import TASK_HASH_ATTR, log


@prodigy.recipe(
    "plain.mark",
    dataset=("Dataset to save annotations to", "positional", None, str),
    source=("Data to annotate", "positional", None, str),
    view_id=("Annotation interface", "option", "v", str),
    label=("Label to apply", "option", "l", str),
)
def plain_mark(dataset, source, view_id="classification", label=""):
    """Click through data, one decision per task."""
    counts = Counter()
    memory = {}
    stream = get_stream(source)

    def fill_memory(ctrl):
        if hasattr(ctrl, "db") and dataset in ctrl.db:
            for eg in ctrl.db.get_dataset_examples(dataset):
                memory[eg[TASK_HASH_ATTR]] = eg["answer"]
        counts["known"] = len(memory)

    def ask_questions(stream):
        for eg in stream:
            eg["label"] = label
            if eg[TASK_HASH_ATTR] not in memory:
                yield eg

    def count(answers):
        for eg in answers:
            memory[eg[TASK_HASH_ATTR]] = eg["answer"]
            counts[eg["answer"]] += 1

    def say_goodbye(ctrl):
        log(f"RECIPE: {dict(counts)} in {ctrl.dataset}, session {ctrl.session_id}")
        ctrl.db.add_dataset(f"{dataset}-summary", meta=dict(counts))

    return {
        "view_id": view_id,
        "dataset": dataset,
        "stream": ask_questions(stream),
        "on_load": fill_memory,
        "on_exit": say_goodbye,
        "update": count,
        "config": {"labels": [label]},
    }
