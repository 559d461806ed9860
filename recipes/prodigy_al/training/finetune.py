"""Fine-tuning through spaCy's own training, driven by a config file that anybody can run again.

`write_training_folder` writes a folder with which ``spacy train config.cfg`` repeats a run to the
last bit; `fine_tune` runs the same file in this process. What either saves is plain spaCy.

Six traps of spaCy 3.8 are taken care of here, all of them silent:

- rejected spans count only if both ``ner.cfg`` and ``ner.moves.cfg`` name their key, and the
  config's own setting is overwritten by the files of a sourced component;
- labels that the base does not know are not added when a sourced component resumes;
- a label added later is masked until it is first seen, but the mask is not saved;
- resuming deep-copies the model for rehearsal;
- a component that listens to a shared encoder changes its neighbours when it is trained;
- thinc's matrix product (blis) takes about twice the time of numpy's here, and more than one
  thread in numpy's changes the result.
"""

# No postponed annotations: spaCy validates a callback's settings by its annotations.
import io
import sys
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config, registry
from spacy.vocab import Vocab
from thinc.api import set_dropout_rate
from threadpoolctl import threadpool_limits

from prodigy_al.errors import AnswerError
from prodigy_al.ner.pipelines import NER, choose_blas, find_ner, open_pipeline, set_blas
from prodigy_al.training.answers import Answers
from prodigy_al.training.config import TrainingSpec, training_config
from prodigy_al.training.policies import POLICIES, Policy, to_docs
from prodigy_al.training.randomness import random_states_kept
from prodigy_al.training.robust.frozen_base import FrozenBaseRecognizer

CONFIG = "config.cfg"
CORPORA = {"train": "train.spacy", "dev": "dev.spacy"}
MODEL = "model"


def fine_tune(
    base: str,
    answers: Answers,
    policy: Policy,
    *,
    seed: int = 0,
    folder: Path | None = None,
    location: Path | None = None,
    progress: bool = False,
) -> Language:
    """Return `base` (a name, a path or ``blank:LANG``) fine-tuned on the answers.

    The same base, answers, policy and seed give the same weights, bit for bit, in any process on
    the same machine, whatever order the answers come in. The training's files and the pipeline
    (``model``) are kept in `folder` if one is given; give the `location` too where that folder is
    to be moved to. `progress` shows spaCy's own bar on a terminal.

    Raises `ModelError` where the base cannot be trained, `AnswerError` where there is no answer.
    """
    kept = nullcontext(folder) if folder else TemporaryDirectory()
    with kept as place, random_states_kept(), threadpool_limits(1):
        path = write_training_folder(
            Path(place), base, answers, policy, seed=seed, location=location
        )
        config = load_config(path)
        here = {f"paths.{name}": str(path.with_name(file)) for name, file in CORPORA.items()}
        nlp = init_nlp(load_config(path, overrides=here))
        train(nlp, None, stdout=io.StringIO(), stderr=sys.stderr if progress else io.StringIO())
        nlp.config["paths"].update(config["paths"])  # the pipeline is saved with its config
        result: Language = ordinary_ner()(nlp)
        if folder:
            result.to_disk(folder / MODEL)
    return result


def write_training_folder(
    folder: Path,
    base: str,
    answers: Answers,
    policy: Policy,
    *,
    seed: int = 0,
    dev: Iterable[Doc] = (),
    location: Path | None = None,
) -> Path:
    """Write train.spacy, dev.spacy and config.cfg into `folder`; return the config's path.

    ``spacy train config.cfg`` then trains what `fine_tune` trains. `dev` is scored after the first
    and the last step for the reader of spaCy's table and decides nothing. The config names the
    files by where they will lie in the end: in `location`, if not in `folder`.

    Raises `ModelError` where the base cannot be loaded, `AnswerError` where there is no answer.
    """
    nlp = open_pipeline(base)
    # sorted: the order that the answers came in must not matter
    order = sorted(range(len(answers)), key=lambda i: answers.items[i].input_hash)
    docs = [doc for doc in to_docs(answers.take(order), policy, nlp.vocab) if len(doc)]
    if not docs:
        raise AnswerError(
            f"dataset {answers.dataset} leaves no text to train on: annotate more, or choose "
            "another fold",
            dataset=answers.dataset,
        )
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    DocBin(docs=docs).to_disk(folder / CORPORA["train"])
    DocBin(docs=dev).to_disk(folder / CORPORA["dev"])
    spec = TrainingSpec(base, nlp, answers, policy.on(answers.form), texts=len(docs))
    training_config(location or folder, spec, seed=seed).to_disk(folder / CONFIG)
    return folder / CONFIG


def write_dev(folder: Path, answers: Answers) -> None:
    """Write dev.spacy of a training's `folder` anew, from answers as *usual* reads them."""
    DocBin(docs=to_docs(answers, POLICIES["usual"], Vocab())).to_disk(folder / CORPORA["dev"])


@registry.callbacks("prodigy_al.prepare_ner.v1")  # type: ignore[untyped-decorator]
def prepare_ner(
    labels: list[str], incorrect_spans_key: str, use_blis: bool, blas_threads: int
) -> Callable[[Language], Language]:
    """Return the callback that readies a sourced component for training (see the module)."""

    def prepare(nlp: Language) -> Language:
        ner: Any = nlp.get_pipe(NER)
        if isinstance(ner, FrozenBaseRecognizer):
            set_blas(ner.base, use_blis=use_blis)
            ner = ner.student
        for label in labels:
            ner.add_label(label)
        # unmasked from the start, so that the weights alone decide, before saving and after
        ner.model.attrs["unseen_classes"] = set()
        ner.cfg["incorrect_spans_key"] = incorrect_spans_key
        ner.moves.cfg["neg_key"] = incorrect_spans_key
        ner._rehearsal_model = None
        choose_blas(ner.model, use_blis=use_blis)
        threadpool_limits(blas_threads)
        return nlp

    return prepare


@registry.callbacks("prodigy_al.ordinary_ner.v1")  # type: ignore[untyped-decorator]
def ordinary_ner() -> Callable[[Language], Language]:
    """Return the callback that makes a trained pipeline one that spaCy alone can load."""

    def merge_networks(nlp: Language) -> Language:
        ner: Any = nlp.get_pipe(NER)
        merged: Language = ner.merge() if isinstance(ner, FrozenBaseRecognizer) else nlp
        set_dropout_rate(find_ner(merged).model, 0.0)  # it would be saved
        return merged

    return merge_networks
