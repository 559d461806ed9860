"""The built-in recipes without a pipeline: tasks as they are, and categories of texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from recipe_host.constants import TASK_HASH_ATTR
from recipe_host.errors import RecipeError
from recipe_host.hashing import set_hashes
from recipe_host.recipe_options import DATASET, EXCLUDE, LOADER
from recipe_host.registry import Arg, recipe
from recipe_host.stream import get_stream
from recipe_host.strings import get_labels
from recipe_host.types import ControllerComponentsDict, SourceType, TaskType

__all__ = ["mark", "textcat_manual"]

SOURCE = Arg(
    help="Tasks: a file (.jsonl, .json, .csv, .txt), - for stdin, or dataset:NAME", converter=str
)


@recipe(
    "mark",
    dataset=DATASET,
    source=SOURCE,
    loader=LOADER,
    label=Arg(
        "--label",
        "-l",
        help="Labels, comma-separated, or a file of one per line: what ner_manual offers; in other "
        "views each task is asked once per label",
        converter=get_labels,
    ),
    view_id=Arg(
        "--view-id", "-v", help="View; classification with --label, else text, if not given"
    ),
    exclude=EXCLUDE,
)
def mark(
    dataset: str | bool,
    source: SourceType,
    loader: str | None = None,
    label: list[str] | None = None,
    view_id: str | None = None,
    exclude: list[str] | None = None,
) -> ControllerComponentsDict:
    """Click through tasks as they are, without a model; all of them in their order."""
    labels = get_labels(label)
    view_id = view_id or ("classification" if labels else "text")
    stream = get_stream(source, loader, dedup=True)
    if labels and view_id != "ner_manual":
        stream.apply(_labelled, labels=labels)
    return {
        "dataset": dataset,
        "view_id": view_id,
        "stream": stream,
        "exclude": exclude,
        "config": {"labels": labels},
    }


@recipe(
    "textcat.manual",
    dataset=DATASET,
    source=SOURCE,
    loader=LOADER,
    label=Arg(
        "--label",
        "-l",
        help="Categories, comma-separated, or a file of one per line",
        converter=get_labels,
    ),
    exclusive=Arg("--exclusive", "-E", help="A text has one category; choosing it accepts"),
    exclude=EXCLUDE,
)
def textcat_manual(
    dataset: str | bool,
    source: SourceType,
    loader: str | None = None,
    label: list[str] | None = None,
    exclusive: bool = False,
    exclude: list[str] | None = None,
) -> ControllerComponentsDict:
    """Choose categories of texts by hand; with a single one, accept or reject it."""
    labels = get_labels(label)
    if not labels:
        raise RecipeError("there is no category to choose; name some with --label")
    stream = get_stream(source, loader, dedup=True, input_key="text")
    if len(labels) == 1:
        stream.apply(_labelled, labels=labels)
        return {
            "dataset": dataset,
            "view_id": "classification",
            "stream": stream,
            "exclude": exclude,
            "config": {"labels": labels},
        }
    options = [{"id": name, "text": name} for name in labels]
    stream.apply(lambda tasks: ({**task, "options": options} for task in tasks))
    return {
        "dataset": dataset,
        "view_id": "choice",
        "stream": stream,
        "exclude": exclude,
        "config": {
            "labels": labels,
            "choice_style": "single" if exclusive else "multiple",
            "choice_auto_accept": exclusive,
            "exclude_by": "input",
        },
    }


def _labelled(stream: Iterable[TaskType], labels: Sequence[str]) -> Iterator[TaskType]:
    for task in stream:
        bare = {key: value for key, value in task.items() if key != TASK_HASH_ATTR}
        for label in labels:
            yield set_hashes({**bare, "label": label})
