"""Near-duplicates: what is close is left out, what is not stays, whatever the order of chance."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_host.filters import filter_near_duplicates
from recipe_host.resemblance import NearDuplicates, resemblance, rows_of_bands, shingle_hashes

NEWS = "Shares of the Lima bank fell by two per cent on Monday after its chairman resigned."


def kept(*texts: str, threshold: float = 0.8) -> list[str]:
    stream = ({"text": text} for text in texts)
    return [task["text"] for task in filter_near_duplicates(stream, threshold)]


def test_copies_with_another_case_space_or_number_are_left_out() -> None:
    copies = [NEWS.upper(), NEWS.replace(" ", "  "), NEWS.replace("two", "six")]
    other = "It rained in Oslo all day, and nothing else happened there."
    assert kept(NEWS, *copies, other) == [NEWS, other]


def test_texts_that_share_a_topic_stay() -> None:
    like = "The Lima bank's shares rose on Tuesday, two days after a new chairman was named."
    assert kept(NEWS, like) == [NEWS, like]


def test_a_language_without_spaces_is_compared_as_well() -> None:
    text = "利马银行的股价周一下跌百分之二此前其董事长宣布辞职引发市场担忧"
    assert kept(text, text + "。", "奥斯陆整天下雨没有发生其他任何事情") == [
        text,
        "奥斯陆整天下雨没有发生其他任何事情",
    ]


def test_tasks_without_a_text_are_kept_and_other_keys_can_be_compared() -> None:
    tasks = [{"image": "a.png"}, {"image": "a.png"}]
    assert list(filter_near_duplicates(tasks)) == tasks
    assert list(filter_near_duplicates(tasks, key="image")) == tasks[:1]


def test_the_stream_is_read_as_it_is_needed() -> None:
    def stream() -> object:
        yield {"text": NEWS}
        raise AssertionError("read too far")

    assert next(iter(filter_near_duplicates(stream())))["text"] == NEWS  # type: ignore[arg-type]


@pytest.mark.parametrize("threshold", [0, -0.5, 1.1])
def test_a_threshold_out_of_range_is_refused_before_anything_is_read(threshold: float) -> None:
    with pytest.raises(ValueError, match="above 0 and up to 1"):
        filter_near_duplicates([], threshold)


@given(st.text(max_size=60), st.text(max_size=60))
def test_resemblance_is_one_for_itself_and_the_same_both_ways(one: str, other: str) -> None:
    a, b = shingle_hashes(one), shingle_hashes(other)
    assert resemblance(a, a) == 1
    assert resemblance(a, b) == resemblance(b, a)
    assert 0 <= resemblance(a, b) <= 1


@given(st.lists(st.text("abc ", max_size=12), max_size=12))
def test_no_text_is_left_out_that_is_not_close_to_one_that_stays(texts: list[str]) -> None:
    staying = kept(*texts, threshold=0.7)
    hashes = [shingle_hashes(text) for text in staying]
    for text in texts:
        closest = max(resemblance(shingle_hashes(text), other) for other in hashes)
        assert closest >= 0.7


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.95])
def test_pairs_at_the_threshold_are_found(threshold: float) -> None:
    """Of 300 pairs that resemble one another just enough, chance may cost one or two."""
    rng = random.Random(1)
    alphabet = [chr(code) for code in range(0x4E00, 0x6000)]  # so many that no shingle repeats
    missed = 0
    for _ in range(300):
        shared = "".join(rng.sample(alphabet, 60))
        pair = [shared, shared]
        while resemblance(*(shingle_hashes(text) for text in pair)) > threshold:
            enough, pair = pair, [pair[0] + rng.choice(alphabet), pair[1] + rng.choice(alphabet)]
        seen = NearDuplicates(threshold)
        assert seen.add(enough[0])
        missed += seen.add(enough[1])
    assert missed <= 3


def test_long_bands_compare_fewer_texts_at_high_thresholds() -> None:
    rows = [rows_of_bands(threshold) for threshold in (0.1, 0.3, 0.5, 0.7, 0.9, 1.0)]
    assert rows == sorted(rows)
    assert rows[0] == 1
