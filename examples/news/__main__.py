"""Write a corpus as JSONL to standard output: ``python -m news --documents 100 --seed 1``."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields, replace

from news.documents import documents, records
from news.knobs import PRETRAINED, Knobs, Scheme
from prodigy_al.errors import ActiveLearningError


def main(arguments: list[str] | None = None) -> None:
    """Write the records of the documents asked for."""
    parser = argparse.ArgumentParser(prog="python -m news", description=__doc__)
    parser.add_argument("--documents", type=int, default=100, help="number of documents")
    parser.add_argument("--seed", type=int, default=0, help="seed of all of them")
    parser.add_argument("--pretrained", action="store_true", help="the base's guideline for spans")
    usual = Knobs()
    shares = [knob.name for knob in fields(Knobs) if isinstance(getattr(usual, knob.name), float)]
    for name in shares:
        parser.add_argument(f"--{name}", type=float, default=getattr(usual, name), help="0 to 1")
    asked = parser.parse_args(arguments)
    try:
        knobs = replace(
            usual,
            scheme=PRETRAINED if asked.pretrained else Scheme(),
            **{name: getattr(asked, name) for name in shares},
        )
    except ActiveLearningError as error:
        parser.error(str(error))
    for record in records(documents(asked.documents, asked.seed, knobs)):
        sys.stdout.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
