"""`al.manual-ranked`: whole segments, the model's hardest first, with a known chance for each."""

from typing import Any, Optional

from prodigy_al.exits import report_errors
from prodigy_al.options import (
    ACQUISITION,
    ASKING,
    BUDGET,
    EXPLORE,
    POOL_SIZE,
    REUSE,
    STRICT,
    WAIT,
    WITHIN_KINDS,
    Arg,
    recipe,
)


@recipe(
    "al.manual-ranked",
    **ASKING,
    budget=BUDGET,
    pool_size=POOL_SIZE,
    reuse=REUSE,
    by=ACQUISITION,
    explore=EXPLORE,
    within_kinds=WITHIN_KINDS,
    strict=STRICT,
    rerank_every=Arg(
        "--rerank-every", help="Learn and rank again after every N train-fold answers; 0: never"
    ),
    wait=WAIT,
    suggest=Arg("--suggest", help="Pre-fill the model's own spans (it anchors people; recorded)"),
    show_score=Arg("--show-score", help="Show the segment's score on the card (recorded)"),
)
@report_errors
def manual_ranked(
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
    pool_size: int = 0,
    reuse: Optional[list[str]] = None,
    by: str = "errors-per-root-token",
    explore: float = 0.1,
    within_kinds: bool = False,
    strict: bool = False,
    rerank_every: int = 0,
    wait: bool = False,
    suggest: bool = False,
    show_score: bool = False,
) -> dict[str, Any]:
    """Annotate whole segments in an order ranked by the model and randomised by keys."""
    from prodigy_al.inputs.naming import naming_options
    from prodigy_al.inputs.opening import open_pool
    from prodigy_al.sampling.design import SamplingDesign, strategy_name

    with naming_options(learn_every="--rerank-every"):
        design = SamplingDesign(
            strategy=strategy_name("ranked", strict=strict, learning=bool(rerank_every)),
            unit="segment",
            seed=seed,
            explore=explore,
            strict=strict,
            dev_share=dev_share,
            fold_salt=fold_salt,
            acquisition=by,
            within_kinds=within_kinds,
            learn_every=rerank_every or None,
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
        pool_size=pool_size,
        reuse=reuse,
        waits=wait,
    )
    return pool.ask(view_id="ner_manual", suggest=suggest, show_score=show_score)
