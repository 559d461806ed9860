"""A model's entities to correct, and the model learns from what was corrected."""

import copy
from typing import List

import prodigy
import spacy
from prodigy.components.preprocess import add_tokens
from prodigy.components.stream import get_stream
from prodigy.util import set_hashes, split_string
from spacy.tokens import Span
from spacy.training import Example


@prodigy.recipe(
    "names.correct",
    dataset=("The dataset to use", "positional", None, str),
    spacy_model=("The base model", "positional", None, str),
    source=("The source data", "positional", None, str),
    label=("One or more comma-separated labels", "option", "l", split_string),
    update=("Update the model in the loop", "flag", "UP", bool),
)
def names_correct(
    dataset: str, spacy_model: str, source: str, label: List[str], update: bool = False
):
    """Correct the names that a model finds."""
    nlp = spacy.load(spacy_model)
    stream = get_stream(source, rehash=True, dedup=True, input_key="text", is_binary=False)
    stream.apply(add_tokens, nlp=nlp, stream=stream)

    def make_tasks(stream):
        texts = ((eg["text"], eg) for eg in stream)
        for doc, eg in nlp.pipe(texts, as_tuples=True):
            task = copy.deepcopy(eg)
            task["spans"] = [
                {
                    "token_start": ent.start,
                    "token_end": ent.end - 1,
                    "start": ent.start_char,
                    "end": ent.end_char,
                    "text": ent.text,
                    "label": ent.label_,
                    "source": spacy_model,
                }
                for ent in doc.ents
                if ent.label_ in label
            ]
            yield set_hashes(task, overwrite=True)

    def learn(answers):
        examples = []
        for eg in answers:
            if eg["answer"] != "accept":
                continue
            doc = nlp.make_doc(eg["text"])
            gold = nlp.make_doc(eg["text"])
            ents = [
                Span(gold, span["token_start"], span["token_end"] + 1, label=span["label"])
                for span in eg.get("spans", [])
            ]
            gold.set_ents(ents, default="missing")
            examples.append(Example(doc, gold))
        losses = nlp.update(examples)
        return losses["ner"]

    stream.apply(make_tasks)
    return {
        "dataset": dataset,
        "view_id": "ner_manual",
        "stream": stream,
        "update": learn if update else None,
        "config": {
            "lang": nlp.lang,
            "labels": label,
            "exclude_by": "input",
            "auto_count_stream": not update,
        },
    }
