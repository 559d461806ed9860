"""Every callback a recipe may return: before, while and after answers are stored, and on events."""

import prodigy
import spacy
from prodigy.components.preprocess import add_tokens
from prodigy.components.stream import Stream
from prodigy.core import Arg, Controller


@prodigy.recipe(
    "callbacks.all",
    dataset=Arg(help="Dataset"),
    source=Arg(help="Source"),
)
def callbacks_all(dataset: str, source: str) -> Controller:
    """Ask, check every answer, and keep a log."""
    log = []

    def validate_answer(eg):
        if eg["answer"] == "accept" and not eg.get("spans"):
            raise ValueError("Mark something, or reject.")

    def before_db(examples):
        for eg in examples:
            eg.pop("tokens", None)
            eg["n_spans"] = len(eg.get("spans", []))
        return examples

    def update(answers):
        log.append(["update", len(answers)])
        return 0.25

    def progress(ctrl, session, answers, update_return_value):
        log.append(["progress", ctrl.total_annotated])
        return update_return_value

    def jump(ctrl, *, text: str):
        ctrl.reset_stream(Stream.from_iterable([prodigy.set_hashes({"text": text})]))
        return next(ctrl.stream)

    stream = prodigy.get_stream(source)
    stream.apply(add_tokens, nlp=spacy.blank("en"), stream=stream)
    components = {
        "dataset": dataset,
        "view_id": "ner_manual",
        "stream": stream,
        "validate_answer": validate_answer,
        "before_db": before_db,
        "update": update,
        "progress": progress,
        "on_load": lambda ctrl: log.append(["load", ctrl.dataset]),
        "on_exit": lambda ctrl: ctrl.db.add_dataset(f"{dataset}.log", meta={"log": log}),
        "get_session_id": lambda: f"{dataset}-log",
        "event_hooks": {"jump": jump},
        "config": {"labels": ["NAME"], "batch_size": 1},
    }
    return Controller.from_components("callbacks.all", components)
