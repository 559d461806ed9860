"""`al.teach`: one candidate span per question, accept or reject."""

from typing import Any, Optional

from prodigy_al.exits import report_errors
from prodigy_al.options import (
    ACQUISITION,
    ASKING,
    BLOCK,
    BUDGET,
    EXPLORE,
    RATE,
    STRICT,
    WAIT,
    WITHIN_KINDS,
    Arg,
    recipe,
)


@recipe(
    "al.teach",
    **ASKING,
    budget=BUDGET,
    by=ACQUISITION,
    explore=EXPLORE,
    within_kinds=WITHIN_KINDS,
    strict=STRICT,
    block=BLOCK,
    rate=RATE,
    start=Arg(
        "--start",
        help="Dataset of whole segments of the same source to begin from: ranks by its answers, "
        "asks about none of its texts, and leaves the dev fold to it",
    ),
    update_every=Arg("--update-every", help="Learn after every N train-fold answers; 0: never"),
    wait=WAIT,
    show_score=Arg("--show-score", help="Show the span's probability on the card (recorded)"),
)
@report_errors
def teach(
    dataset: str,
    model: str,
    source: str,
    label: Optional[list[str]] = None,
    loader: Optional[str] = None,
    skip_bad: bool = False,
    exclude: Optional[list[str]] = None,
    unsegmented: bool = False,
    seed: int = 0,
    fold_salt: str = "prodigy-al",
    dev_share: float = 0.25,
    group_by: Optional[str] = None,
    gpu_id: int = -1,
    budget: Optional[int] = None,
    by: str = "expected-errors",
    explore: float = 0.3,
    within_kinds: bool = False,
    strict: bool = False,
    block: int = 100,
    rate: float = 0.2,
    start: Optional[str] = None,
    update_every: int = 0,
    wait: bool = False,
    show_score: bool = False,
) -> dict[str, Any]:
    """Ask about one uncertain span at a time: is it right, is it wrong?"""
    from prodigy_al.inputs.naming import naming_options
    from prodigy_al.inputs.opening import open_pool
    from prodigy_al.sampling.design import SamplingDesign, strategy_name

    with naming_options(learn_every="--update-every"):
        design = SamplingDesign(
            strategy=strategy_name(
                "teach", strict=strict, learning=bool(update_every), started=start is not None
            ),
            unit="candidate",
            seed=seed,
            explore=explore,
            strict=strict,
            block_size=block,
            rate=rate,
            dev_share=dev_share,
            fold_salt=fold_salt,
            acquisition=by,
            within_kinds=within_kinds,
            learn_every=update_every or None,
        )
    pool = open_pool(
        dataset,
        model,
        source,
        design,
        label=label,
        loader=loader,
        skip_bad=skip_bad,
        exclude=exclude,
        unsegmented=unsegmented,
        group_by=group_by,
        gpu_id=gpu_id,
        budget=budget,
        start=start,
        waits=wait,
    )
    return pool.ask(view_id="ner", show_score=show_score)
