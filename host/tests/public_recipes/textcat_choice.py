"""Categories as options to choose from, in the newer form of arguments."""

from typing import List, Optional

from prodigy import get_stream, recipe
from prodigy.core import Arg
from prodigy.protocols import ControllerComponentsDict
from prodigy.types import LabelsType, SourceType, StreamType
from prodigy.util import get_labels, log


@recipe(
    "category.choice",
    dataset=Arg(help="Dataset to save annotations to"),
    source=Arg(help="Data to annotate (file path or '-' to read from standard input)"),
    label=Arg(
        "--label", "-l", help="Labels, comma-separated, or a file of them", converter=get_labels
    ),
    loader=Arg("--loader", "-lo", help="Loader if source is not JSONL"),
    exclusive=Arg("--exclusive", "-E", help="Treat categories as mutually exclusive"),
)
def category_choice(
    dataset: str,
    source: SourceType,
    label: LabelsType,
    loader: Optional[str] = None,
    exclusive: bool = False,
) -> ControllerComponentsDict:
    """Choose among categories."""
    log("RECIPE: Starting recipe category.choice", locals())
    stream = get_stream(source, loader=loader, rehash=True, dedup=True, input_key="text")
    stream.apply(add_options, labels=label)
    return {
        "view_id": "choice",
        "dataset": dataset,
        "stream": stream,
        "config": {
            "choice_style": "single" if exclusive else "multiple",
            "choice_auto_accept": exclusive,
            "exclude_by": "input",
        },
    }


def add_options(stream: StreamType, labels: List[str]) -> StreamType:
    options = [{"id": name, "text": name} for name in labels]
    for task in stream:
        yield {**task, "options": options}
