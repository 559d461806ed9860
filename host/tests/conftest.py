"""Every test has a home of its own; `terminal` runs the command line as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language
from spacy.training import Example

import recipe_host
from recipe_host.session import Controller
from recipe_host.tokens import copy_nlp

recipe_host.provide()

Terminal = Callable[..., "subprocess.CompletedProcess[str]"]
Marked = Callable[[Any], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PRODIGY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PRODIGY_HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def marked() -> Marked:
    """Accept every question of a recipe's components as it is; return the questions."""

    def accept(components: Any) -> list[dict[str, Any]]:
        asked = []
        with Controller.from_components("recipe", components) as ctrl:
            while batch := ctrl.get_questions():
                ctrl.receive_answers([{**task, "answer": "accept"} for task in batch])
                asked += batch
        return asked

    return accept


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    host = str(Path(recipe_host.__file__).parent.parent)

    def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        # tmp_path is on the path so that a test can put a plugin's metadata there
        path = os.pathsep.join([host, str(tmp_path)])
        return subprocess.run(
            [sys.executable, "-m", "recipe_host", *words],
            input=stdin,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
            timeout=60,
            check=False,
        )

    return run


PEOPLE, COMPANIES = ("Ann", "Bob", "Eve"), ("Acme", "Initech", "Globex")


@pytest.fixture(scope="session")
def learnt() -> Language:
    """Return a pipeline that has learnt a few people and companies from a few sentences."""
    nlp = spacy.blank("en")
    vectors = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "width": 16,
        "depth": 1,
        "embed_size": 200,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
        "pretrained_vectors": None,
    }
    nlp.add_pipe("tok2vec", config={"model": vectors})
    listening = {"@architectures": "spacy.Tok2VecListener.v1", "width": 16}
    nlp.add_pipe("ner", config={"model": {"hidden_width": 16, "tok2vec": listening}})
    examples = []
    for person in PEOPLE:
        for company in COMPANIES:
            text = f"{person} works at {company} now."
            at = text.index(company)
            spans = [(0, len(person), "PERSON"), (at, at + len(company), "ORG")]
            examples.append(Example.from_dict(nlp.make_doc(text), {"entities": spans}))
    spacy.util.fix_random_seed(0)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(80):
        nlp.update(examples, sgd=optimizer)
    return nlp


@pytest.fixture
def nlp(learnt: Language) -> Language:
    """Return a pipeline of one's own, whose ``ner`` listens to a ``tok2vec``.

    What it learns of a new label begins with random weights, here the same in each test.
    """
    spacy.util.fix_random_seed(0)
    return copy_nlp(learnt)
