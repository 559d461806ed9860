"""The config by which spaCy fine-tunes on a set of answers.

Nothing is selected: the result is the pipeline after the last step, and the score that spaCy's loop
wants is 0 by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy.language import Language
from thinc.api import Config

from prodigy_al.ner.pipelines import NER, borrowed_from, find_ner, has_ner, stand_alone
from prodigy_al.training.answers import Answers
from prodigy_al.training.policies import INCORRECT_SPANS_KEY, Policy
from prodigy_al.training.robust.frozen_base import FACTORY

AVERAGED_SHARE = 0.3
"""The share of the steps, at the end, over which the weights of `robust` are averaged."""


@dataclass(frozen=True)
class TrainingSpec:
    """What to train: `nlp` is the pipeline of `base`, `texts` the number of reference docs.

    `policy` has the settings for the answers' form.
    """

    base: str
    nlp: Language
    answers: Answers
    policy: Policy
    texts: int

    @property
    def steps(self) -> int:
        """The number of batches."""
        return self.policy.epochs * -(-self.texts // self.policy.batch_size)

    @property
    def location(self) -> str:
        """The base so that it is found from any working directory."""
        return str(Path(self.base).resolve()) if Path(self.base).exists() else self.base

    @property
    def labels(self) -> list[str]:
        """The asked labels that can be learnt: an unknown one needs at least one accepted span."""
        shown = {label for item in self.answers.items for _, _, label in item.accepted}
        known = set(find_ner(self.nlp).labels) if has_ner(self.nlp) else set()
        return [label for label in self.answers.labels if label in shown | known]


def training_config(folder: Path, spec: TrainingSpec, *, seed: int) -> Config:
    """Return the config of a training whose reference docs are in `folder`."""
    return Config(
        {
            "paths": {"train": str(folder / "train.spacy"), "dev": str(folder / "dev.spacy")},
            "system": {"seed": seed, "gpu_allocator": None},
            **_pipeline(spec),
            "corpora": {"train": _corpus("train"), "dev": _corpus("dev")},
            "training": _training(spec),
            "initialize": _initialize(spec),
        }
    )


def _pipeline(spec: TrainingSpec) -> dict[str, Any]:
    """Return the config's sections [nlp] and [components]: all but the ``ner`` as in the base.

    Changes `spec.nlp` where its ``ner`` borrows token vectors and a blank one is to be trained.
    """
    components: dict[str, Any] = {
        name: {"source": spec.location, "component": name} for name in spec.nlp.component_names
    }
    own = components.setdefault(NER, {"factory": "ner"})
    if spec.policy.start == "frozen-base":
        components[NER] = {
            "factory": FACTORY,
            "base": spec.location,
            "asked": spec.labels,
            "average_from": int(spec.steps * (1 - AVERAGED_SHARE)),
        }
    elif spec.policy.start == "blank" and has_ner(spec.nlp):
        # with token vectors of its own, not with borrowed ones that are trained already
        stand_alone(spec.nlp)
        settings = spec.nlp.get_pipe_config(NER).items()
        components[NER] = {key: value for key, value in settings if key != "source"}
    elif borrowed_from(spec.nlp):
        # a sourced component goes on listening, and would train the vectors that others share
        own["replace_listeners"] = ["model.tok2vec"]
    section = dict(spec.nlp.config.interpolate()["nlp"])
    return {"nlp": {**section, "pipeline": list(components)}, "components": components}


def _corpus(name: str) -> dict[str, Any]:
    # gold_preproc: the tokens are those the annotator saw, whatever the tokenizer makes of the text
    return {"@readers": "spacy.Corpus.v1", "path": f"${{paths.{name}}}", "gold_preproc": True}


def _training(spec: TrainingSpec) -> dict[str, Any]:
    callback = "prodigy_al.ordinary_ner.v1" if spec.policy.start == "frozen-base" else None
    unweighted = dict.fromkeys(spec.nlp.config["training"]["score_weights"])
    return {
        "train_corpus": "corpora.train",
        "dev_corpus": "corpora.dev",
        "seed": "${system.seed}",
        "gpu_allocator": "${system.gpu_allocator}",
        "dropout": spec.policy.dropout,
        "patience": 0,
        "max_epochs": spec.policy.epochs,
        "max_steps": spec.steps,
        # scored after the first and the last step only, and always 0: every checkpoint is as good
        # as the best, so that spaCy's model-best is its model-last
        "eval_frequency": max(1, spec.steps - 1),
        "score_weights": {**unweighted, "ents_f": 0.0, "ents_p": 0.0, "ents_r": 0.0},
        "frozen_components": [name for name in spec.nlp.component_names if name != NER],
        "annotating_components": [],
        "before_to_disk": {"@callbacks": callback} if callback else None,
        "logger": {"@loggers": "spacy.ConsoleLogger.v3", "progress_bar": "train"},
        "batcher": {
            "@batchers": "spacy.batch_by_sequence.v1",
            "size": spec.policy.batch_size,
            "get_length": None,
        },
        "optimizer": {
            "@optimizers": "Adam.v1",
            "beta1": 0.9,
            "beta2": 0.999,
            "L2_is_weight_decay": True,
            "L2": 0.01,
            "grad_clip": 1.0,
            "use_averages": False,
            "eps": 1e-8,
            "learn_rate": _learn_rate(spec.policy, spec.steps),
        },
    }


def _learn_rate(policy: Policy, steps: int) -> Any:
    if policy.last_rate == 1:
        return policy.learn_rate
    return {
        "@schedules": "warmup_linear.v1",
        "initial_rate": policy.learn_rate,
        "warmup_steps": 0,
        "total_steps": round(steps / (1 - policy.last_rate)),  # where it would have fallen to 0
    }


def _initialize(spec: TrainingSpec) -> dict[str, Any]:
    return {
        "before_init": {
            "@callbacks": "spacy.copy_from_base_model.v1",
            "tokenizer": spec.location,
            "vocab": spec.location,
        },
        "after_init": {
            "@callbacks": "prodigy_al.prepare_ner.v1",
            "labels": spec.labels,
            "incorrect_spans_key": INCORRECT_SPANS_KEY,
            "use_blis": False,
            "blas_threads": 1,
        },
    }
