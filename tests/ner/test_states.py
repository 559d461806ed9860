"""The state model against spaCy's own states and actions, one by one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.ner.actions import Actions
from prodigy_al.ner.pipelines import find_ner
from prodigy_al.ner.states import NOTHING_OPEN, TokenConstraints, seen_tokens


def names_of(nlp: Language) -> list[str]:
    moves = find_ner(nlp).moves
    return [moves.get_class_name(i) for i in range(moves.n_moves)]


@pytest.mark.parametrize("by_column", [False, True])
def test_actions_name_the_columns_of_spacys_moves(plain: Language, by_column: bool) -> None:
    actions, names = Actions.of(find_ner(plain), by_column=by_column), names_of(plain)
    closed = [names[i] for i in actions.closed]
    assert actions.labels == ("ORG", "PERSON", "PLACE")
    assert closed[actions.outside] == "O"
    for label, begin, unit, inside, last in zip(
        actions.labels, actions.begin, actions.unit, actions.inside, actions.last, strict=True
    ):
        assert (closed[begin], closed[unit]) == (f"B-{label}", f"U-{label}")
        assert (names[inside], names[last]) == (f"I-{label}", f"L-{label}")


def test_closed_actions_come_by_label_or_in_the_models_own_order(plain: Language) -> None:
    ner, names = find_ner(plain), names_of(plain)
    by_label, by_column = Actions.of(ner).closed, Actions.of(ner, by_column=True).closed
    expected = ["O", "B-ORG", "B-PERSON", "B-PLACE", "U-ORG", "U-PERSON", "U-PLACE"]
    assert [names[i] for i in by_label] == expected
    assert by_column.tolist() == sorted(by_label)


def test_a_label_starts_with_b_or_u(plain: Language) -> None:
    actions, names = Actions.of(find_ner(plain)), names_of(plain)
    starting = actions.closed[actions.starts(["PLACE", "ORG"])]
    assert [names[i] for i in starting] == ["B-PLACE", "B-ORG", "U-PLACE", "U-ORG"]
    assert names[actions.closed[actions.start(1, 1)]] == "U-PERSON"
    assert names[actions.closed[actions.start(1, 2)]] == "B-PERSON"


def test_closed_states_allow_what_spacy_allows(plain: Language) -> None:
    vocab, ner = plain.vocab, find_ner(plain)
    starts: list[bool | int | None] = [True, False, False, True, False]
    docs = [
        Doc(vocab, words=["Ann", "\n", "Lee", "Bo", "Oslo"], sent_starts=starts),
        Doc(vocab, words=[]),
        Doc(vocab, words=["Ann", " ", "\n"]),
        Doc(vocab, words=["Ford"]),
    ]
    actions, names = Actions.of(ner), names_of(plain)
    valid = []
    for doc in docs:
        (state,) = ner.moves.init_batch([doc])
        for _ in doc:
            valid.append([ner.moves.is_valid(state, names[i]) for i in actions.closed])
            ner.moves.apply_transition(state, "O")
    allowed = TokenConstraints.of(docs).allow_closed(actions)
    assert allowed.tolist() == valid
    assert not np.all(valid)


@pytest.mark.parametrize(("kind", "features"), [("plain", 3), ("extra_tokens", 6)])
def test_states_are_scored_by_the_tokens_they_show(
    kind: str, features: int, request: pytest.FixtureRequest, generated: Callable[..., list[Doc]]
) -> None:
    nlp: Language = request.getfixturevalue(kind)
    ner = find_ner(nlp)
    (doc,) = (doc for doc in generated(nlp, 20) if doc.text.startswith("the head of"))
    model = ner.model.predict([doc])
    (state,) = ner.moves.init_batch([doc])
    states, begun = [], NOTHING_OPEN
    # closed at tokens 0 and 1, then an entity that stays open
    for token, action in enumerate(["O", "O", "B-ORG", *["I-ORG"] * (len(doc) - 4)]):
        states.append((token, begun, model.predict([state])[0]))
        ner.moves.apply_transition(state, action)
        begun = token if action == "B-ORG" else begun
    tokens, starts = np.array([s[:2] for s in states]).T
    seen = seen_tokens(tokens, starts, features).astype(np.int32)
    scores = model.vec2scores.predict(model.state2vec.predict(seen))
    np.testing.assert_allclose(scores, np.stack([s[2] for s in states]), rtol=1e-5, atol=1e-5)
