"""Which matrix product scores: a clear winner, chosen once per machine, for one pipeline alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from spacy.language import Language
from thinc.api import NumpyOps

from prodigy_al.ner.pipelines import find_ner
from prodigy_al.scoring import blas
from prodigy_al.scoring.cache import FOLDER

Probe = Callable[[float], list[float]]


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Probe]:
    """Let the time of BLIS be what it is said to be; return a list that grows with each look."""

    def let(share: float) -> list[float]:
        looks: list[float] = []
        blas._measured.cache_clear()
        monkeypatch.setattr(blas, "time_of_blis", lambda: looks.append(share) or share)
        return looks

    yield let
    blas._measured.cache_clear()


@pytest.mark.parametrize(
    ("share", "chosen"), [(1.8, "numpy"), (1.0, "numpy"), (0.85, "numpy"), (0.75, "blis")]
)
def test_numpys_is_left_only_for_one_that_is_clearly_faster(
    probe: Probe, share: float, chosen: str
) -> None:
    looks = probe(share)
    assert [blas.faster_blas(), blas.faster_blas()] == [chosen, chosen]
    assert looks == [share]


def test_a_machine_goes_on_with_what_it_has_chosen(
    probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "new"))
    probe(0.5)
    assert blas.faster_blas() == "blis"
    looks = probe(2.0)  # as another process would, on a busy day
    assert blas.faster_blas() == "blis"
    assert looks == []


def test_another_processor_chooses_for_itself(
    probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    probe(0.5)
    assert blas.faster_blas() == "blis"
    monkeypatch.setattr(blas, "software", lambda: ["openblas of another processor"])
    probe(2.0)
    assert blas.faster_blas() == "numpy"


def test_what_was_kept_and_is_damaged_is_measured_again(
    probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    probe(0.5)
    blas.faster_blas()
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(b"")
    probe(2.0)
    assert blas.faster_blas() == "numpy"
    assert kept.read_text() == "numpy"


def test_a_folder_that_cannot_be_written_hinders_nothing(
    probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(FOLDER, str(tmp_path / "file"))
    probe(0.5)
    assert blas.faster_blas() == "blis"


def test_no_other_pipeline_is_changed(
    probe: Probe, make_recogniser: Callable[..., Language]
) -> None:
    ours, held = make_recogniser(updates=0), make_recogniser(updates=0)
    for share, use_blis in ((0.5, True), (2.0, False)):
        probe(share)
        before = products(held)
        blas.use_faster_blas(ours)
        assert products(ours) == {use_blis}
        assert products(held) == before


def products(nlp: Language) -> set[bool]:
    nodes = find_ner(nlp).model.walk()
    return {bool(node.ops.use_blis) for node in nodes if isinstance(node.ops, NumpyOps)}


def test_the_probe_compares_both() -> None:
    assert 0.01 < blas.time_of_blis() < 100
