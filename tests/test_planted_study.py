"""What the study of planted causes counts, and that its plants do to answers what they say."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "examples")]

import planted  # noqa: E402
import planted_answers  # noqa: E402
import planted_implied  # noqa: E402
import planted_worlds  # noqa: E402
from plants import PLANTS  # noqa: E402

from prodigy_al.diagnosis.ledger import HYPOTHESES  # noqa: E402


def judged(plant: str, *supported: str) -> planted.Judged:
    words = {name: "supported" if name in supported else "refuted" for name in HYPOTHESES}
    verdicts = {name: (word, 0.5, 0.4, 0.6, 0.01) for name, word in words.items()}
    return planted.Judged(plant, "usual", 1000, "", verdicts)


def test_every_hypothesis_has_a_plant_and_every_implied_one_its_reason():
    assert {plant.planted for plant in PLANTS.values()} == {*HYPOTHESES, None}
    for name, implied in planted_implied.IMPLIED.items():
        assert PLANTS[name].planted not in implied
        assert set(implied) <= set(HYPOTHESES)
        assert all(implied.values())


def test_a_support_counts_as_planted_implied_or_beside(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(planted, "IMPLIED", {"many-names": {"selection": "names show"}})
    found = [
        judged("many-names", "prevalence", "selection"),
        judged("many-names", "selection"),
        judged("many-names", "prevalence", "leak", "scheme"),
        judged("nothing"),
        judged("nothing", "leak"),
    ]
    rows = planted.rows(found)
    counts = {name: (row["count"], row["n"]) for name, row in rows.items()}
    assert counts == {"found.many-names": (2, 3), "beside": (1, 3), "quiet.nothing": (1, 2)}


def test_what_was_judged_before_is_shown_where_nothing_was_built_yet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    plant = next(iter(PLANTS))
    judged = planted.Judged(plant, "usual", 0, "", {})
    planted.show([judged], tmp_path / "build" / "study-planted.json")
    assert plant in capsys.readouterr().out
    assert planted.read_judged([tmp_path / "build" / "study-planted.json"]) == [judged]


def test_real_documents_as_they_are_count_nowhere():
    rows = planted.rows([judged("real-as-they-are", "scheme")])
    assert {name: row["n"] for name, row in rows.items()} == {"beside": 0}


@pytest.mark.parametrize(
    ("hits", "target", "met"),
    [
        (9, {"at_least": 0.9}, True),
        (8, {"at_least": 0.9}, False),
        (1, {"at_most": 0.1}, True),
        (2, {"at_most": 0.1}, False),
    ],
)
def test_a_target_is_met_at_its_limit(hits: int, target: dict[str, float], met: bool):
    assert planted.share(hits, 10, **target)["met"] is met


def record(words: str, *spans: tuple[int, int]) -> dict[str, Any]:
    tokens, start = [], 0
    for i, word in enumerate(words.split()):
        tokens.append({"text": word, "start": start, "end": start + len(word), "id": i, "ws": True})
        start += len(word) + 1
    tokens[-1]["ws"] = False
    marked = [
        {
            "start": tokens[a]["start"],
            "end": tokens[b]["end"],
            "token_start": a,
            "token_end": b,
            "label": "ORG",
        }
        for a, b in spans
    ]
    return {"text": words, "tokens": tokens, "spans": marked, "meta": {"doc": "d"}}


def test_a_shifted_span_moves_by_one_token_and_never_onto_another():
    rng = np.random.default_rng(0)
    one = record("Acme Group and Borel fell", (0, 1), (3, 3))
    moved = planted_answers.shift_spans(one, 1.0, rng)
    assert [one["text"][s["start"] : s["end"]] for s in moved["spans"]] == ["Group and", "fell"]
    full = record("Acme Borel", (0, 0), (1, 1))
    assert planted_answers.shift_spans(full, 1.0, rng)["spans"] == full["spans"]
    assert planted_answers.shift_spans(one, 0.0, rng)["spans"] == one["spans"]


def test_a_later_version_has_its_tokens_where_its_text_has_them():
    made = planted_worlds.version(record("Acme fell .", (0, 0)), "update")
    assert made["text"] == "Acme fell . (update)"
    assert all(made["text"][t["start"] : t["end"]] == t["text"] for t in made["tokens"])
    assert "".join(t["text"] + " " * t["ws"] for t in made["tokens"]) == made["text"]


def test_texts_of_no_weight_are_never_chosen_and_heavy_ones_more_often():
    world: Any = SimpleNamespace(rng=lambda plant: np.random.default_rng(1))
    weights = np.repeat([0.0, 1.0, 9.0], 200)
    places = np.array(planted_answers.choose(world, "any", weights, 100))
    assert len(set(places.tolist())) == 100
    assert places.min() >= 200
    assert 75 < (places >= 400).sum() < 100
