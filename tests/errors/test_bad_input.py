"""Bad input through the real command line: one clear sentence, and nothing is written."""

from __future__ import annotations

import pytest

# A refused command leaves its source open; its process would end now, the test's goes on.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

ASK = ("al.random", "x", "base", "pool.jsonl", "-l", "ORG")
TEACH = ("al.teach", "x", "base", "pool.jsonl", "-l", "ORG")
RANKED = ("al.manual-ranked", "x", "base", "pool.jsonl", "-l", "ORG")
SIMULATE = ("al.simulate", "pool.jsonl", "base", "n", "-l", "ORG", "--budget", "20")


def ask(source: str, *more: str, model: str = "base", dataset: str = "x") -> tuple[str, ...]:
    return ("al.random", dataset, model, source, "-l", "ORG", *more)


def again(
    arm: str, *more: str, recipe: str = "al.random", model: str = "base", source: str = "pool.jsonl"
) -> tuple[str, ...]:
    """Go on, as the simulation did, with the dataset of one of its arms."""
    label, salt = ("-l", "ORG"), ("--fold-salt", "prodigy-al-0")
    return (recipe, f"news-{arm}-0", model, source, *label, *salt, *more)


def start(name: str, *more: str, label: str = "ORG", source: str = "pool.jsonl") -> tuple[str, ...]:
    """Begin binary questions from a dataset that the simulation wrote."""
    options = (
        ("-l", label, "--fold-salt", "prodigy-al-0") if label else ("--fold-salt", "prodigy-al-0")
    )
    return ("al.teach", "x", "base", source, *options, "--start", name, *more)


def compare(datasets: str, *more: str, test: str = "test.jsonl") -> tuple[str, ...]:
    return ("al.compare", datasets, "base", "--test", test, "-l", "ORG", "--seeds", "1", *more)


BAD_INPUT = [
    # the model
    (ask("pool.jsonl", model="gone"), "no pipeline 'gone'", "install it"),
    (ask("pool.jsonl", model="xx_core_web_sm"), "python -m spacy download xx_core_web_sm"),
    (ask("base", model="pool.jsonl"), "MODEL pool.jsonl: this is a file", "the source comes after"),
    (ask("base"), "SOURCE base: this is the folder of a pipeline"),
    (ask("pool.jsonl", model="no-pipeline"), "the pipeline in 'no-pipeline' cannot be loaded"),
    (ask("pool.jsonl", model="blank:klingon"), "'blank:klingon' does not name a language"),
    (ask("pool.jsonl", model="bare"), 'has no component "ner" (its components: sentencizer)'),
    (ask("pool.jsonl", model="beam"), 'instead of "beam_ner"'),
    (
        ("al.compare", "news-random-0", "flat", "--test", "test.jsonl"),
        "or train with the policy usual",
    ),
    (("al.teach", "x", "base", "pool.jsonl", "--update-every", "-1"), "--update-every -1: give a"),
    (
        ("al.manual-ranked", "x", "base", "pool.jsonl", "--rerank-every", "-1"),
        "--rerank-every -1: give a",
    ),
    (("al.teach", "x", "base", "pool.jsonl", "--wait"), "--wait: there is no model to wait for"),
    (("al.manual-ranked", "x", "base", "pool.jsonl", "--wait"), "add --update-every"),
    (("al.random", "x", "blank:en", "pool.jsonl"), "--label: blank:en knows no labels yet"),
    ((*ASK, "--gpu-id", "99"), "no GPU 99"),
    # the source
    (ask("gone.jsonl"), "gone.jsonl"),
    (ask("empty.jsonl"), "holds no text"),
    (ask("-"), "SOURCE -: only al.teach asks about a stream", "--pool-size"),
    (("al.trial", "x", "base", "-", "--arms", "teach,random-binary"), "SOURCE -: only al.teach"),
    (("al.teach", "x", "base", "-", "-l", "ORG"), "holds no text"),
    (("al.teach", "x", "base", "-", "--update-every", "9"), "SOURCE -: a model that learns"),
    (ask("broken.jsonl"), "line 2 of 'broken.jsonl' is not JSON", '{"text": "Elkor"'),
    (ask("latin.jsonl"), "line 2 of 'latin.jsonl' is not UTF-8"),
    (ask("textless.jsonl"), "record 2 of textless.jsonl has no `text`"),
    (ask("spanless.jsonl"), "record 2 of spanless.jsonl has a span without start, end or label"),
    (ask("meta-text.jsonl"), "record 2 of meta-text.jsonl has a `meta` that is no object"),
    (ask("meta-list.jsonl"), "record 2 of meta-list.jsonl has a `meta` that is no object"),
    (ask("surrogate.jsonl"), "record 2 of surrogate.jsonl has half a character"),
    (ask("tokens-text.jsonl"), "record 2 of tokens-text.jsonl has `tokens` that are no list"),
    (ask("tokens-words.jsonl"), "record 2 of tokens-words.jsonl has `tokens` that are no list"),
    (ask("spans-text.jsonl"), "record 2 of spans-text.jsonl has `spans` that are no list"),
    (ask("long.jsonl"), "record 2 of long.jsonl has 1,200,000 characters", "1,000,000"),
    (ask("deep.jsonl"), "line 2 of 'deep.jsonl'"),
    (ask("deep.jsonl", "--skip-bad", "--group-by", "gone"), "--group-by gone"),
    (ask("cut.jsonl.gz"), "cut.jsonl.gz"),
    (ask("cut.jsonl.gz", "--skip-bad", "--group-by", "gone"), "--group-by gone"),
    (ask("news.parquet"), "'news.parquet'", "--loader"),
    (ask("pool.jsonl", "--loader", "xml"), "no loader is called 'xml'"),
    (ask("dataset:gone"), "'dataset:gone' names no dataset", "news-random-0"),
    # the options of the asking recipes
    ((*ASK, "--exclude", "gone"), "--exclude gone", "no such dataset"),
    ((*ASK, "--group-by", "gone"), "--group-by gone", "meta.gone"),
    *(
        ((*command, "--budget", "0"), "--budget 0: give a number of answers")
        for command in (ASK, TEACH, RANKED)
    ),
    ((*ASK, "--dev-share", "0.95"), "--dev-share 0.95: out of range"),
    ((*RANKED, "--explore", "2"), "--explore 2.0: out of range"),
    ((*RANKED, "--explore", "nan"), "--explore nan: out of range"),
    ((*RANKED, "--by", "best"), "--by best", "expected-errors"),
    ((*TEACH, "--rate", "0"), "--rate 0.0: out of range"),
    ((*TEACH, "--block", "0"), "--block 0"),
    ((*RANKED, "--pool-size", "-5"), "--pool-size -5: give a number of segments"),
    # the dataset
    (ask("pool.jsonl", dataset=""), "DATASET '': not a name"),
    (again("ranked"), "was started with al.manual-ranked, now it is al.random"),
    (again("random", model="other"), "was started with model base", "now it is other"),
    (again("random", source="half.jsonl"), "with source pool.jsonl of", "it is half.jsonl of"),
    (again("random", "--seed", "1"), "was started with --seed 0, now it is 1"),
    (again("random", "--pool-size", "100"), "started with --pool-size all, now it is 100"),
    (again("random", "--dev-share", "0.5"), "segments in its", "(--dev-share"),
    (again("teach", "--block", "50", recipe="al.teach"), "--block 100, now it is 50"),
    (ask("pool.jsonl", dataset="mixed"), "dataset 'mixed' carries no `al` record"),
    # the whole segments to begin from
    (start("x"), "--start x: it is the dataset to save to", "al.random or al.manual-ranked"),
    (start("gone"), "--start gone: there is no such dataset"),
    (start("empty"), "--start empty: it holds no answer"),
    (start("news-teach-0"), "--start news-teach-0: its answers are about single spans"),
    (start("binary"), "--start binary: an answer of dataset 'binary' carries no `al` record"),
    (start("trial"), "--start trial: it is a trial of random,ranked"),
    (start("ignored"), "--start ignored: it has no usable answer in its train fold"),
    (start("train-only"), "--start train-only: it has no usable answer in its dev fold"),
    (start("dev-only"), "--start dev-only: it has no usable answer in its train fold"),
    (start("news-random-0", "--fold-salt", "s"), "with --fold-salt prodigy-al-0, here it is s"),
    (start("news-random-0", label="PERSON"), "with --label ORG, here it is PERSON: give the same"),
    (start("news-random-0", label=""), "about ORG, here it is ORG,PERSON,PLACE: give --label ORG"),
    (start("news-random-0", "-e", "single"), "with --exclude none, here it is single"),
    (start("news-random-0", "-U"), "about texts cut into sentences, here it is whole texts"),
    (start("news-random-0", source="half.jsonl"), "--start news-random-0: its source held other"),
    (start("news-random-0", "--dev-share", "0.5"), "its train fold was another", "--dev-share"),
    (start("news-random-0", "--update-every", "9"), "leave out --update-every"),
    (start("news-random-0", source="-"), "SOURCE -: a stream has no texts that --start answered"),
    # simulate
    ((*SIMULATE, "--start-share", "1"), "--start-share 1.0: out of range"),
    ((*SIMULATE, "--arms", "mixed", "--start-share", "0.99"), "would take all 20 answers"),
    ((*SIMULATE, "--arms", "best"), "--arms best", "there are teach, ranked"),
    ((*SIMULATE, "--seeds", "x"), "--seeds x"),
    ((*SIMULATE, "--seeds", "0"), "--seeds 0"),
    ((*SIMULATE, "--budget", "0"), "--budget 0"),
    ((*SIMULATE, "--error-rate", "2"), "--error-rate 2.0: out of range"),
    ((*SIMULATE, "--errors", "typos"), "--errors typos", "random, boundary, anchored"),
    (
        (*SIMULATE, "--error-rate", "0.6", "--errors-by-score"),
        "--error-rate 0.6: with --errors-by-score it reaches twice as much",
    ),
    ((*SIMULATE, "--errors", "anchored"), "--error-rate 0: then no answer is wrong"),
    ((*SIMULATE, "--budget-in", "days"), "--budget-in days", "answers, tokens, seconds"),
    ((*SIMULATE, "--costs", "gone"), "--costs gone: there is no such dataset"),
    ((*SIMULATE, "--costs", "news-random-0"), "--costs news-random-0: its answers are simulated"),
    ((*SIMULATE, "--seconds-per-answer", "-1"), "--seconds-per-answer -1.0: out of range"),
    ((*SIMULATE, "--chosen-speed", "0"), "--chosen-speed 0.0: out of range"),
    ((*SIMULATE, "--dev-share", "-1"), "--dev-share -1.0: out of range"),
    ((*SIMULATE, "--arms", "random,teach", "--explore", "2"), "--explore 2.0: out of range"),
    ((*SIMULATE, "--label", "SHIP"), "--label SHIP", "gold span"),
    (("al.simulate", "texts.txt", "base", "n", "-l", "ORG"), "--label ORG", "gold span"),
    (("al.simulate", "-", "base", "n", "-l", "ORG"), "GOLD -", "give a file"),
    (("al.simulate", "pool.jsonl", "base", "", "-l", "ORG"), "DATASET '': not a name"),
    (
        ("al.simulate", "shifted.jsonl", "base", "n", "-l", "ORG"),
        "GOLD shifted.jsonl: ",
        "(100.0 %) are off token borders",
        "in record 1: ",
    ),
    (
        ("al.simulate", "beyond.jsonl", "base", "n", "-l", "ORG"),
        "GOLD beyond.jsonl: 1 of 6 gold spans (16.7 %)",
        "in record 4: ",
    ),
    # compare: what is compared
    (compare("gone"), "DATASETS gone", "no such dataset"),
    (compare("old-*"), "DATASETS old-*", "no such dataset"),
    (compare("mixed"), "mixes 40 manual and 40 binary answers"),
    (compare("untold"), "dataset untold does not tell", '"_view_id": "ner_manual"'),
    (compare("tampered"), "dataset 'tampered'", "recomputed it is"),
    (compare("half-recorded"), "20 of 40 answers carry no `al` record"),
    (compare("single"), "dataset 'single' has no usable answer in its"),
    (compare("spanless"), "nothing to learn from"),
    (compare("ignored"), "dataset ignored has no answer that says anything about ORG"),
    (compare("empty"), "nothing to learn from"),
    (compare("news-random-0", "--label", "SHIP"), "--label SHIP", "there are: ORG"),
    # compare: joined arms
    (compare("news-random-0+gone"), "DATASETS gone", "no such dataset"),
    (compare("news-random-0+"), "DATASETS news-random-0+: there is no name on one side of +"),
    (compare("news-random-0+news-random-0"), "news-random-0 cannot be joined with itself"),
    (compare("news-*-0+news-teach-0"), "news-teach-0 cannot be joined with itself"),
    (compare("binary+single,single+binary"), "binary+single joins the same datasets already"),
    (compare("news-random-0+binary"), "nothing is recorded of how binary was drawn"),
    (compare("news-random-0+elsewhere"), "another source", "old.jsonl, sha256 00000000, not"),
    (compare("news-random-0+salted"), "--fold-salt other, not prodigy-al-0"),
    (compare("news-random-0+resized"), "resized has another dev fold", "--dev-share"),
    (compare("news-random-0+relabelled"), "asked about ORG, PLACE and news-random-0 about ORG"),
    (compare("news-random-0+tampered"), "dataset 'tampered'", "recomputed it is"),
    # compare: the test set
    (compare("news-random-0", test="gone.jsonl"), "gone.jsonl"),
    (compare("news-random-0", test="empty.jsonl"), "--test empty.jsonl holds no text"),
    (compare("news-random-0", test="texts.txt"), "--test texts.txt has no gold span of ORG"),
    (compare("news-random-0", test="news-ranked-0"), "--test news-ranked-0", "no plain sample"),
    (compare("news-random-0", test="binary"), "--test binary holds binary answers"),
    (compare("long", test="same.jsonl"), "every training answer of dataset 'long'", "same.jsonl"),
    (compare("news-random-0", test="shifted.jsonl"), "--test shifted.jsonl: ", "in record 1: "),
    (compare("news-random-0", test="broken.jsonl"), "line 2 of 'broken.jsonl'"),
    (compare("news-random-0", "--group-by", "gone"), "--group-by gone", "test set has meta.gone"),
    (("al.compare", "news-random-0", "base"), "--test: give a held-out test set", "only --quick"),
    # compare: options
    (compare("news-random-0", "--training", "best"), "--training best", "usual-outside"),
    (
        compare("news-random-0", "--quick", "--training", "usual,robust"),
        "--training usual,robust: ",
    ),
    (compare("news-random-0", "--quick", "--curves"), "--curves: nothing is trained with --quick"),
    *(
        (compare("news-random-0", "--plan", value), f"--plan {shown}: give a difference of F1")
        for value, shown in (("0", "0.0"), ("1.5", "1.5"), ("nan", "nan"), ("-0.1", "-0.1"))
    ),
    (compare("news-random-0", "--seeds", "-1"), "--seeds -1"),
    (compare("news-random-0", "--workers", "-2"), "--workers -2"),
    (compare("news-random-0", "--output", "in-the-way"), "--output in-the-way"),
    # what the host answers for itself
    (("al.retrain",), "no recipe is called 'al.retrain'"),
    (("db-in", "x", "gone.jsonl"), "gone.jsonl"),
    (("db-in", "x", "broken.jsonl"), "line 2 of 'broken.jsonl' is not JSON"),
    (("db-in", "x", "empty.jsonl"), "'empty.jsonl' holds no record"),
    (("db-in", "", "pool.jsonl"), "needs a name"),
    (("db-out", "gone"), "no dataset is called 'gone'"),
    (("drop", "gone"), "no dataset is called 'gone'"),
    (("stats", "gone"), "no dataset is called 'gone'"),
]
ARGUMENT_SYNTAX = [
    ((*RANKED, "--explore", "much"), "--explore"),
    ((*RANKED, "--exploer", "1"), "--exploer"),
    (compare("news-random-0", "--plan", "much"), "--plan"),
    (("al.random", "x"), "model"),
]


@pytest.mark.parametrize(
    ("arguments", "parts"), [(row[0], row[1:]) for row in BAD_INPUT], ids=lambda v: " ".join(v)
)
def test_bad_input_is_one_sentence_and_writes_nothing(
    stage, arguments: tuple[str, ...], parts: tuple[str, ...]
):
    before = stage.written()
    done = stage.refuse(*arguments)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for part in parts:
        assert part in done.stderr
    assert stage.written() == before


@pytest.mark.parametrize(("arguments", "named"), ARGUMENT_SYNTAX, ids=lambda v: str(v))
def test_wrong_arguments_are_named_and_write_nothing(stage, arguments: tuple[str, ...], named: str):
    before = stage.written()
    done = stage.refuse(*arguments)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert named in done.stderr
    assert stage.written() == before
