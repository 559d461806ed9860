"""What the recipes share: their arguments, and the way from a source to components.

The only module beside the recipe files that imports `prodigy`. Heavy imports happen inside the
functions, so that ``prodigy --help`` stays fast.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from prodigy_al.errors import ActiveLearningError, AnswerError, OptionError, SourceError

try:
    from prodigy.core import Arg, recipe
    from prodigy.errors import RecipeError
    from prodigy.util import set_hashes, split_string
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "the al.* recipes run on Prodigy, or without a licence on recipe-host: "
        "install one of them beside prodigy-al"
    ) from error

if TYPE_CHECKING:
    from spacy.language import Language

    from prodigy_al.asking.design import SamplingDesign
    from prodigy_al.asking.frame import Frame
    from prodigy_al.asking.questions import Header
    from prodigy_al.scoring.marginals import MarginalScorer
    from prodigy_al.simulation.annotator import GoldSpans

__all__ = [
    "ACQUISITION",
    "ASKING",
    "EXPLORE",
    "STRICT",
    "Arg",
    "one_sentence",
    "open_pool",
    "read_gold_source",
    "recipe",
    "split_string",
]

P = ParamSpec("P")
T = TypeVar("T")
Components = dict[str, Any]

ASKING: dict[str, Any] = {
    "dataset": Arg(help="Dataset to save the answers to"),
    "model": Arg(help="Pipeline with a `ner` component: a package name, a path or blank:xx"),
    "source": Arg(help="Source: .jsonl, .json, .csv, .txt (each also .gz), - or dataset:NAME"),
    "label": Arg(
        "--label", "-l", help="Labels to ask for, comma-separated", converter=split_string
    ),
    "loader": Arg("--loader", "-lo", help="Loader, where the file's name does not tell"),
    "exclude": Arg(
        "--exclude",
        "-e",
        help="Datasets whose texts are left out before anything is counted, comma-separated",
        converter=split_string,
    ),
    "unsegmented": Arg("--unsegmented", "-U", help="Do not split texts into sentences"),
    "seed": Arg("--seed", help="Seed of every draw"),
    "fold_salt": Arg("--fold-salt", help="Salt of the dev fold; arms to compare share it"),
    "dev_share": Arg("--dev-share", help="Share of the segments set aside for the dev fold"),
    "group_by": Arg("--group-by", help="Key in meta that keeps texts together in one fold"),
    "gpu_id": Arg("--gpu-id", "-g", help="GPU to score on, -1 for the CPU"),
}
ACQUISITION = Arg("--by", help="What counts as worth asking: see the README's list of scores")
EXPLORE = Arg(
    "--explore", help="Share ε of the probability spread evenly; 1 is the random control"
)
STRICT = Arg("--strict", help="Most uncertain first, without chance: no probabilities, no weights")


def one_sentence(function: Callable[P, T]) -> Callable[P, T]:
    """Turn errors of this package into the one clear sentence that a user sees."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except ActiveLearningError as error:
            raise RecipeError(str(error)) from error

    return guarded


def read_source(
    source: Any, tokenizer: Language, *, loader: str | None, unsegmented: bool
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield (number of the record, input hash, record), texts without tokens cut into sentences."""
    from prodigy.components.preprocess import split_sentences
    from prodigy.components.stream import get_stream

    for number, record in enumerate(get_stream(source, loader=loader, rehash=True, dedup=False)):
        if not isinstance(record.get("text"), str):
            raise SourceError(
                f"record {number + 1} of {source} has no `text`; every record needs one",
                source=str(source),
            )
        whole = unsegmented or "tokens" in record
        for piece in [record] if whole else split_sentences(tokenizer, [record]):
            if piece["text"].strip():
                hashed = set_hashes({"text": piece["text"]}, overwrite=True)
                yield number, hashed["_input_hash"], piece


def read_gold_source(
    source: str, model: str, label: list[str] | None, *, loader: str | None, unsegmented: bool
) -> tuple[list[str], GoldSpans]:
    """Return the asked labels and the gold spans of every text, cut as the recipes cut them."""
    from prodigy_al.scoring.pipelines import load_pipeline, sentence_splitter
    from prodigy_al.simulation.annotator import read_gold

    nlp = load_pipeline(model)
    labels = list(label or _ner_labels(nlp, model))
    records = read_source(source, sentence_splitter(nlp), loader=loader, unsegmented=unsegmented)
    return labels, read_gold(((key, record) for _, key, record in records), labels)


@dataclass(frozen=True)
class Pool:
    """A model and a source, opened and checked: ready to ask from."""

    nlp: Language
    tokenizer: Language
    scorer: MarginalScorer
    frame: Frame
    header: Header
    labels: list[str]

    def ask(
        self, dataset: str, design: SamplingDesign, *, view_id: str, **shown: bool
    ) -> Components:
        """Return the components that ask the pool's segments in the design's order."""
        from dataclasses import replace

        from prodigy.components.preprocess import add_tokens

        from prodigy_al.asking.drawing import draw_questions
        from prodigy_al.asking.questions import make_tasks
        from prodigy_al.asking.scored import segment_scorer

        header = replace(self.header, **shown)
        check_same_run(dataset, design, header)
        score = segment_scorer(self.nlp, self.scorer, design.acquisition)
        draws = draw_questions(self.frame, design, score)
        tasks = make_tasks(draws, design, header, rehash)
        return {
            "dataset": dataset,
            "view_id": view_id,
            "stream": add_tokens(self.tokenizer, tasks),
            "config": {
                "labels": self.labels,
                "lang": self.nlp.lang,
                "exclude_by": "input",  # every segment is asked once
                "auto_count_stream": False,  # the order is worked out as it is needed
            },
        }


def open_pool(
    model: str,
    source: Any,
    label: list[str] | None,
    *,
    loader: str | None,
    exclude: list[str] | None,
    unsegmented: bool,
    fold_salt: str,
    dev_share: float,
    group_by: str | None,
    gpu_id: int,
) -> Pool:
    """Load the model, read the source and fix folds; fails before the first question."""
    from prodigy_al.asking.frame import build_frame
    from prodigy_al.asking.questions import Header
    from prodigy_al.scoring.marginals import MarginalScorer
    from prodigy_al.scoring.pipelines import load_pipeline, pipeline_sha256, sentence_splitter

    nlp = load_pipeline(model, gpu_id=gpu_id)
    labels = list(label or _ner_labels(nlp, model))
    tokenizer = sentence_splitter(nlp)
    frame = build_frame(
        read_source(source, tokenizer, loader=loader, unsegmented=unsegmented),
        dev_share=dev_share,
        fold_salt=fold_salt,
        exclude=excluded_inputs(exclude),
        group_by=group_by,
    )
    scorer = MarginalScorer(nlp, labels)
    header = Header(
        model={
            "name": model,
            "version": nlp.meta.get("version", ""),
            "sha256": pipeline_sha256(nlp),
        },
        scorer=scorer.identity(),
        source={
            "name": str(source),
            "sha256": frame.sha256,
            "segments": len(frame.segments),
            "excluded": frame.excluded,
        },
        segmentation="whole" if unsegmented else "sentences",
    )
    return Pool(nlp, tokenizer, scorer, frame, header, labels)


def _ner_labels(nlp: Language, model: str) -> tuple[str, ...]:
    labels: tuple[str, ...] = nlp.get_pipe("ner").labels if "ner" in nlp.pipe_names else ()
    if not labels:
        raise OptionError(
            f"{model} knows no labels yet; say with --label what to ask for", option="--label"
        )
    return labels


def excluded_inputs(names: list[str] | None) -> set[int]:
    """Return the input hashes of the named datasets; one that does not exist is an error."""
    from prodigy.components.db import connect

    if not names:
        return set()
    database = connect()
    for name in names:
        if name not in database:
            raise OptionError(
                f"--exclude {name}: there is no such dataset; there are: "
                f"{', '.join(database.datasets) or 'none'}",
                option="--exclude",
                value=name,
            )
    return set(database.get_input_hashes(*names))


def rehash(task: dict[str, Any]) -> dict[str, Any]:
    """Return the task with both hashes, computed from what it holds now."""
    return dict(set_hashes(dict(task), overwrite=True))


def check_same_run(dataset: str, design: SamplingDesign, header: Header) -> None:
    """Refuse to go on with a dataset that was begun with another model, source or design.

    Its probabilities would belong to two different draws and no weight could be computed.
    """
    from prodigy.components.db import connect

    from prodigy_al.tasks import read_record

    database = connect()
    if dataset not in database:
        return
    answers = database.get_dataset_examples(dataset) or []
    if not answers:
        return
    record = read_record(answers[-1], dataset=dataset)
    now: Mapping[str, tuple[object, object]] = {
        "recipe": (record.strategy, design.strategy),
        "--seed": (record.seed, design.seed),
        "--fold-salt": (record.fold_salt, design.fold_salt),
        "--explore": (record.explore, design.explore),
        "--rate": (record.rate, design.rate),
        "--by": (record.acquisition, design.acquisition),
        "model": (record.model["sha256"], header.model["sha256"]),
        "labels or scorer": (record.scorer["frame_sha256"], header.scorer["frame_sha256"]),
        "source": (record.source["sha256"], header.source["sha256"]),
    }
    for what, (then, today) in now.items():
        if then != today:
            raise AnswerError(
                f"dataset '{dataset}' was begun with {what} {then}, now it is {today}: "
                "go on with what it was begun with, or give a new dataset name",
                dataset=dataset,
            )
