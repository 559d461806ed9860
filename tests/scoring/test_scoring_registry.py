"""Scores of other packages: installed beside this one, found by name, and told when broken."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.errors import OptionError, ParameterError
from prodigy_al.inputs.choices import check_acquisition
from prodigy_al.sampling.frame import Segment
from prodigy_al.scoring.acquisition import ACQUISITIONS, expected_errors
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.registry import SegmentScores, acquisition_names, find_acquisition
from prodigy_al.scoring.segments import segment_scorer

MakeDocs = Callable[..., list[Doc]]
PACKAGE = """
def doubtful(marginals, width=0.2):
    return float((abs(marginals - 0.5) < width).sum())

def spread(entropies, margins, log_probability, **others):
    return float(entropies.std() + margins.std() - log_probability)

def unknown(marginals, phase_of_the_moon):
    return 0.0

def only_by_place(marginals, /):
    return 0.0

def negative(marginals):
    return -1.0

def failing(marginals):
    raise ZeroDivisionError("nothing to\\n divide")

def expected_errors(marginals):
    return 7.0

constant = 5
"""
ENTRIES = """
[prodigy_al.acquisitions]
doubtful = others_scores:doubtful
spread = others_scores:spread
unknown = others_scores:unknown
only-by-place = others_scores:only_by_place
negative = others_scores:negative
failing = others_scores:failing
constant = others_scores:constant
missing = others_scores:not_there
absent = not_installed_at_all:score
expected-errors = others_scores:expected_errors
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Install packages as pip leaves them: a module, and a folder that names its entry points."""

    def install(name: str, entries: str, source: str = "") -> None:
        (tmp_path / f"{name}.py").write_text(source, encoding="utf8")
        metadata = tmp_path / f"{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(entries, encoding="utf8")

    monkeypatch.syspath_prepend(str(tmp_path))
    yield install
    sys.modules.pop("others_scores", None)


@pytest.fixture
def others(installed: Callable[..., None]) -> None:
    installed("others_scores", ENTRIES, PACKAGE)


def test_without_other_packages_there_are_the_built_in_ones() -> None:
    assert acquisition_names() == list(ACQUISITIONS)


@pytest.mark.usefixtures("others")
def test_a_package_adds_its_scores_behind_the_built_in_ones() -> None:
    names = acquisition_names()
    assert names[: len(ACQUISITIONS)] == list(ACQUISITIONS)
    assert names[len(ACQUISITIONS) :] == sorted(
        {"absent", "constant", "doubtful", "failing", "missing", "negative"}
        | {"only-by-place", "spread", "unknown"}
    )


@pytest.mark.usefixtures("others")
def test_parameters_say_what_is_read_and_others_keep_their_defaults() -> None:
    doubtful = find_acquisition("doubtful")
    assert doubtful.reads == {"marginals"}
    assert doubtful(SegmentScores(np.array([0.4, 0.55, 0.8]), 9)) == 2.0
    assert find_acquisition("spread").reads == {"entropies", "margins", "log_probability"}


@pytest.mark.usefixtures("others")
def test_a_built_in_score_cannot_be_replaced() -> None:
    assert find_acquisition("expected-errors").function is expected_errors


@pytest.mark.usefixtures("others")
def test_scores_of_marginals_alone_can_be_worked_out_again_and_others_cannot() -> None:
    again = find_acquisition("doubtful").of_marginals
    assert again is not None
    assert again(np.array([0.5]), 3) == 1.0
    assert find_acquisition("spread").of_marginals is None


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("name", ["doubtful", "spread"])
def test_segments_are_scored_by_another_package(
    plain: Language, generated: MakeDocs, name: str
) -> None:
    segments = [Segment({"text": doc.text}, i, "g") for i, doc in enumerate(generated(plain, 8))]
    scored = list(segment_scorer(plain, MarginalScorer(plain), name)(segments))
    assert len({one.u for one in scored}) > 1


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("best", "there is no such score; there are expected-errors, most-uncertain, .*doubtful"),
        (
            "unknown",
            "parameter 'phase_of_the_moon' is not known of a segment; .* marginals, tokens",
        ),
        ("only-by-place", "parameter 'marginals' is not known of a segment; there are by name"),
        ("constant", "it is not a function"),
        ("missing", r"others_scores:not_there cannot be loaded \(AttributeError: .*not_there"),
        ("absent", r"not_installed_at_all:score cannot be loaded \(ModuleNotFoundError: "),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(name: str, problem: str) -> None:
    with pytest.raises(OptionError, match=f"^--by {name}: .*{problem}") as refused:
        check_acquisition(name)
    assert "\n" not in str(refused.value)


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("negative", "it gave -1.0 where a finite number of at least 0 is needed"),
        ("failing", "it failed with ZeroDivisionError: nothing to divide"),
    ],
)
def test_a_score_that_fails_names_itself(name: str, problem: str) -> None:
    with pytest.raises(ParameterError, match=f"^acquisition {name}: {problem}; choose another"):
        find_acquisition(name)(SegmentScores(np.zeros(2), 3))


def test_two_packages_cannot_offer_the_same_name(installed: Callable[..., None]) -> None:
    for package in ("one_package", "two_package"):
        installed(package, f"[prodigy_al.acquisitions]\nmine = {package}:score\n")
    with pytest.raises(ParameterError, match="one_package:score and two_package:score both offer"):
        find_acquisition("mine")
