"""Every type of argument that public recipes annotate, in the newer form."""

from enum import Enum
from pathlib import Path
from typing import List, Literal, Optional, Union

import prodigy
from prodigy.core import Arg
from prodigy.errors import RecipeError
from prodigy.types import LabelsType


class Style(Enum):
    single = "single"
    multiple = "multiple"


@prodigy.recipe(
    "types.new",
    dataset=Arg(help="Dataset"),
    source=Arg(help="Source file"),
    view=Arg("--view", "-v", help="Interface"),
    label=Arg("--label", "-l", help="Labels"),
    weights=Arg("--weights", help="Numbers"),
    n=Arg("--n", "-n", help="How many"),
    share=Arg("--share", help="A share"),
    shuffle=Arg("--shuffle", "-s", help="Shuffle"),
    hide=Arg("--hide", help="Hide"),
    out=Arg("--out", "-o", help="Folder"),
    style=Arg("--style", help="Style"),
    verbose=Arg("--verbose", "-V", help="More and more", count=True),
    either=Arg("--either", help="A number or a name"),
)
def types_new(
    dataset: str,
    source: Path,
    view: Literal["text", "classification"] = "text",
    label: LabelsType = [],  # noqa: B006  (recipes write it so)
    weights: Optional[List[float]] = None,
    n: int = 10,
    share: Optional[float] = None,
    shuffle: bool = False,
    hide: bool = True,
    out: Optional[Path] = None,
    style: Style = Style.single,
    verbose: int = 0,
    either: Union[int, str] = 0,
    _extra: List[str] = [],  # noqa: B006
):
    """Ask with everything that was given."""
    if share is not None and not 0 <= share <= 1:
        raise RecipeError(f"--share {share} is out of range", "Give a number from 0 to 1.")
    given = {key: str(value) for key, value in locals().items()}
    return {
        "dataset": dataset,
        "view_id": view,
        "stream": ({**task, "meta": given} for task in prodigy.get_stream(source)),
    }
