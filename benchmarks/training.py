"""What a comparison costs, whether `spacy train` repeats it, and what the shipped model costs.

    make bench-training            three arms, five training seeds, 1,000 answers, two workers
    QUICK=1 make bench-training    the same with two seeds and 300 answers

Rows: `wall` seconds of `al.compare`; `ratio.ARM` of a training of *robust* to one of spaCy's own
`ner` on the same answers, with as many updates of as many texts: processor seconds of the command
`spacy train` on the files of either, with one thread, in turns; the median and range; `killed`
seconds that a comparison takes in all when it is killed (SIGKILL) half-way and run again,
as a ratio to an undisturbed one; `same` the largest difference of test F1 after `spacy train` on
the files that an arm left; `size` and `prediction` of the shipped `ner` against the base's.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kept import current_commit
from real_corpora import BASE, CORPORA, DATA, QUICK, ROOT
from wasabi.tables import table

BUILD = ROOT / "build" / "training"
SEEDS, BUDGET = (2, 300) if QUICK else (5, 1000)
REPEATS = 2 if QUICK else 5
WORKERS = 2
ARMS = ("teach", "ranked", "random")
CORPUS = CORPORA[0]
TARGETS: Mapping[str, float] = {"same": 0.0, "killed": 1.3, "ratio": 1.1}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def start(*args: object) -> subprocess.Popen[bytes]:
    """Start a command of the project in the benchmark's own home."""
    env = {**os.environ, "PRODIGY_HOME": str(BUILD / f"home-{BUDGET}")}
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, args)], env=env, stdout=subprocess.DEVNULL
    )


def seconds(process: subprocess.Popen[bytes], since: float) -> float:
    """Wait for a command and return how long it took."""
    if process.wait():
        sys.exit(f"{process.args!r} failed")
    return time.perf_counter() - since


def compare(output: Path) -> subprocess.Popen[bytes]:
    """Start the comparison that is measured."""
    return start(
        "prodigy", "al.compare", ",".join(f"bench-{arm}-0" for arm in ARMS), BASE,
        "--test", DATA / CORPUS.test, "--label", "ORG", "--seeds", SEEDS,
        "--workers", WORKERS, "--equal", "answers", "--output", output,
    )  # fmt: skip


def report(output: Path) -> dict[str, Any]:
    """Return the report of a finished comparison."""
    found: dict[str, Any] = json.loads((output / "report.json").read_text(encoding="utf8"))
    return found


def measure_wall() -> float:
    """Run the whole comparison, undisturbed, and return its seconds."""
    return seconds(compare(BUILD / "whole"), time.perf_counter())


def measure_killed(undisturbed: float) -> float:
    """Kill a comparison half-way, run it again, and return the seconds of both."""
    output = BUILD / "killed"
    process = compare(output)
    time.sleep(undisturbed / 2)
    process.kill()
    process.wait()
    took = undisturbed / 2 + seconds(compare(output), time.perf_counter())
    if report(output)["arms"] != report(BUILD / "whole")["arms"]:
        sys.exit("a comparison that was killed and run again found other numbers")
    return took


def arm_folders() -> Iterator[tuple[str, Path]]:
    """Yield the datasets and the folders of what they were trained on."""
    for arm in ARMS:
        yield f"bench-{arm}-0", BUILD / "whole" / "arms" / f"bench-{arm}-0" / "robust"


def spacy_train(config: Path, output: Path) -> float:
    """Run spaCy's own command with one thread and return its processor seconds."""
    command = [sys.executable, "-m", "spacy", "train", str(config), "--output", str(output)]
    before = processor_of_children()
    subprocess.run(
        command, check=True, env={**os.environ, **ONE_THREAD}, stdout=subprocess.DEVNULL,
        cwd=config.parent,
    )  # fmt: skip
    return processor_of_children() - before


def processor_of_children() -> float:
    """Return the processor seconds of all commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure_ratios() -> dict[str, list[float]]:
    """Return the ratios of each arm's training to a plain one, one per repeat.

    The plain config is that of the policy *usual* (spaCy's own `ner`), with the steps and texts of
    *robust*.
    """
    from prodigy_al.comparison.arms import read_arm
    from prodigy_al.ner.pipelines import load_pipeline
    from prodigy_al.training.finetune import write_training_folder
    from prodigy_al.training.policies import POLICIES, ROBUST
    from recipe_host.connections import connect

    os.environ["PRODIGY_HOME"] = str(BUILD / f"home-{BUDGET}")
    nlp, database, ratios = load_pipeline(str(BASE)), connect(), {}
    for arm, (dataset, folder) in zip(ARMS, arm_folders(), strict=True):
        examples = database.get_dataset_examples(dataset)
        answers = read_arm(dataset, examples, ["ORG"], tokenizer=nlp.make_doc).train
        robust = ROBUST.on(answers.form)
        plain = replace(POLICIES["usual"], batch_size=robust.batch_size, epochs=robust.epochs)
        config = write_training_folder(folder.parent / "plain", str(BASE), answers, plain)
        ratios[arm] = [
            spacy_train(folder / "config.cfg", folder.parent / "repeated")
            / spacy_train(config, config.parent / "out")
            for _ in range(REPEATS)
        ]
    return ratios


def measure_same() -> float:
    """Return the largest difference of test F1, `spacy train` against what was compared.

    Its pipelines are those that `measure_ratios` has left.
    """
    from prodigy_al.training.scorer import usual_counts

    differences = []
    for dataset, folder in arm_folders():
        gold, predicted = predictions(folder.parent / "repeated" / "model-last")
        counts = usual_counts(gold, predicted, ["ORG"])
        tp, wrong = counts.tp.sum(), counts.fp.sum() + counts.fn.sum()
        compared = report(BUILD / "whole")["arms"][dataset]["runs"]["robust"]["test"]["per_seed"][0]
        differences.append(abs(2 * tp / (2 * tp + wrong) - compared))
    return float(max(differences))


def predictions(model: Path) -> tuple[list[Any], list[list[tuple[int, int, str]]]]:
    """Return the test set's reference docs and what a pipeline predicts for them."""
    from spacy.tokens import Doc, Span

    from prodigy_al.ner.entities import predict_entities
    from prodigy_al.ner.pipelines import load_pipeline, set_blas

    nlp = load_pipeline(str(model))
    set_blas(nlp, use_blis=False)
    docs = []
    for record in read_jsonl(DATA / CORPUS.test):
        words = [token["text"] for token in record["tokens"]]
        doc = Doc(nlp.vocab, words=words, spaces=[token["ws"] for token in record["tokens"]])
        spans = [s for s in record["spans"] if s["label"] == "ORG"]
        doc.set_ents([Span(doc, s["token_start"], s["token_end"] + 1, "ORG") for s in spans])
        docs.append(doc)
    return docs, list(predict_entities(nlp, docs))


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """Return the records of a corpus."""
    import srsly

    return [record for record in srsly.read_gzip_jsonl(path) if record["tokens"]]


def measure_shipped() -> tuple[float, float]:
    """Return size and prediction time of a trained `ner`, as ratios to the base's."""
    from prodigy_al.ner.pipelines import find_ner, load_pipeline, set_blas

    _, folder = next(arm_folders())
    pipelines = [load_pipeline(str(place)) for place in (BASE, folder / "model")]
    texts = [record["text"] for record in read_jsonl(DATA / CORPUS.test)[:1000]]
    for nlp in pipelines:
        set_blas(nlp, use_blis=False)
    sizes = [len(find_ner(nlp).to_bytes(exclude=["vocab"])) for nlp in pipelines]
    ratios = []
    for _ in range(5):
        spent = []
        for nlp in pipelines:
            docs = [nlp.make_doc(text) for text in texts]
            since = time.process_time()
            list(find_ner(nlp).pipe(docs, batch_size=128))
            spent.append(time.process_time() - since)
        ratios.append(spent[1] / spent[0])
    return sizes[1] / sizes[0], statistics.median(ratios)


def row(name: str, found: Sequence[float]) -> dict[str, Any]:
    """Return a row of what was found, once or several times: the median and the range."""
    value, target = statistics.median(found), TARGETS.get(name.partition(".")[0])
    return {
        "value": value, "low": min(found), "high": max(found), "n": len(found),
        "target": target, "met": target is None or value <= target,
    }  # fmt: skip


def main() -> None:
    """Measure all rows, print them and write build/bench-training.json."""
    if not BASE.exists():
        sys.exit(f"the benchmark needs the corpora and the pipeline; set PRODIGY_AL_DATA ({DATA})")
    for output in ("whole", "killed"):
        shutil.rmtree(BUILD / output, ignore_errors=True)
    simulated = start(
        "prodigy", "al.simulate", DATA / CORPUS.pool, BASE, "bench", "--label", "ORG",
        "--arms", ",".join(ARMS), "--budget", BUDGET,
    )  # fmt: skip
    seconds(simulated, time.perf_counter())
    wall = measure_wall()
    killed, ratios = measure_killed(wall) / wall, measure_ratios()
    size, prediction = measure_shipped()
    values = {"wall": [wall], "killed": [killed], "same": [measure_same()]}
    values |= {f"ratio.{arm}": found for arm, found in ratios.items()}
    rows = {
        name: row(name, found)
        for name, found in (values | {"size": [size], "prediction": [prediction]}).items()
    }
    commit = current_commit()
    machine = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    result = {"rows": rows, "machine": machine, "commit": commit, "budget": BUDGET, "seeds": SEEDS}
    (ROOT / "build" / "bench-training.json").write_text(json.dumps(result, indent=1) + "\n")
    shown = [
        (n, f"{r['value']:.3f}", f"{r['low']:.3f} to {r['high']:.3f}") for n, r in rows.items()
    ]
    print(table(shown, header=("row", "value", "range")))


if __name__ == "__main__":
    main()
