"""Tables of `--full`: a column is as wide as what stands in it."""

from __future__ import annotations

from prodigy_al.report.cells import titled


def test_columns_stay_below_one_another_whatever_a_dataset_is_called() -> None:
    names = ["news-ranked-by-errors-per-root-token-0", "news-random-0"]
    header = ["dataset", "vs random, equal seconds, new text", "n"]
    shown = titled("Title", header, [[name, "+.007", "5"] for name in names])
    _, top, rule, *rows = (line for line in shown.splitlines() if line.strip())
    assert [row.rindex("5") for row in rows] == [top.rindex("n")] * 2
    assert [row.index("+.007") for row in rows] == [top.index("vs random")] * 2
    assert set(rule) == {"-", " "}
