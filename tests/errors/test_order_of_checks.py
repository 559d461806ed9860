"""What can be refused without loading a model or reading a source is refused before that."""

from __future__ import annotations

import pytest

# A refused command leaves its source open; its process would end now, the test's goes on.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

UNLOADABLE = "no-pipeline"
ASK = (UNLOADABLE, "pool.jsonl", "-l", "ORG")
SIMULATE = ("al.simulate", "gone.jsonl", UNLOADABLE, "n", "-l", "ORG")
COMPARE = (UNLOADABLE, "--test", "test.jsonl", "-l", "ORG")

BAD_OPTIONS = [
    (("al.random", "", *ASK), "DATASET '': not a name"),
    (("al.teach", "x", *ASK, "--by", "best"), "--by best: there is no such score"),
    (("al.teach", "x", *ASK, "--wait"), "--wait: there is no model to wait for"),
    (("al.manual-ranked", "x", *ASK, "--wait"), "--wait: there is no model to wait for"),
    (("al.manual-ranked", "x", *ASK, "--explore", "2"), "--explore 2.0: out of range"),
    (("al.random", "x", *ASK, "--dev-share", "1"), "--dev-share 1.0: out of range"),
    (("al.teach", "x", *ASK, "--rate", "0"), "--rate 0.0: out of range"),
    (("al.teach", "x", *ASK, "--block", "0"), "--block 0: give a whole number"),
    (("al.teach", "x", *ASK, "--exclude", "gone"), "--exclude gone: there is no such dataset"),
    (("al.teach", "x", *ASK, "--start", "x"), "--start x: it is the dataset to save to"),
    (("al.teach", "x", *ASK, "--start", "gone"), "--start gone: there is no such dataset"),
    (("al.teach", "x", *ASK, "--start", "empty"), "--start empty: it holds no answer"),
    (("al.teach", "x", *ASK, "--start", "binary"), "--start binary: an answer of dataset"),
    (("al.teach", "x", *ASK, "--start", "news-teach-0"), "--start news-teach-0: its answers are"),
    (("al.teach", "x", *ASK, "--start", "news-random-0"), "asked with --fold-salt prodigy-al-0"),
    (("al.random", "x", *ASK, "--loader", "xml"), "no loader is called 'xml'"),
    (("al.random", "x", UNLOADABLE, "gone.jsonl"), "gone.jsonl"),
    ((*SIMULATE, "--seeds", "x"), "--seeds x: give a number of seeds"),
    ((*SIMULATE, "--arms", "best"), "--arms best: there is no such arm"),
    ((*SIMULATE, "--arms", "ranked-by-best"), "--arms best: there is no such score; there are"),
    ((*SIMULATE, "--budget", "0"), "--budget 0: give a number"),
    ((*SIMULATE, "--start-share", "0"), "--start-share 0.0: out of range"),
    ((*SIMULATE, "--error-rate", "2"), "--error-rate 2.0: out of range"),
    ((*SIMULATE, "--costs", "gone"), "--costs gone: there is no such dataset"),
    ((*SIMULATE, "--explore", "-1"), "--explore -1.0: out of range"),
    (("al.compare", "gone", *COMPARE), "DATASETS gone: there is no such dataset"),
    (("al.compare", "news-random-0", *COMPARE, "--seeds", "x"), "--seeds x: give a number"),
    (("al.compare", "news-random-0", *COMPARE, "--workers", "-2"), "--workers -2: give a"),
    (("al.compare", "news-random-0", *COMPARE, "--training", "best"), "--training best: there"),
    (("al.compare", "news-random-0", *COMPARE, "--plan", "2"), "--plan 2.0: give a difference"),
    (("al.compare", "news-random-0", UNLOADABLE), "--test: give a held-out test set"),
    (("al.compare", "news-random-0", *COMPARE, "--quick", "--curves"), "--curves: nothing is"),
    (("al.compare", "news-random-0", UNLOADABLE, "--test", "gone.jsonl"), "gone.jsonl"),
]


@pytest.mark.parametrize(("arguments", "sentence"), BAD_OPTIONS, ids=lambda v: "".join(v[-2:]))
def test_a_bad_option_is_told_before_a_model_that_cannot_be_loaded(
    stage, arguments: tuple[str, ...], sentence: str
):
    done = stage.refuse(*arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert UNLOADABLE not in done.stderr
