"""`al.random`: the control, through the same code as the active arms."""

from typing import Any, Optional

from prodigy_al.exits import report_errors
from prodigy_al.options import ASKING, BUDGET, POOL_SIZE, REUSE, Arg, recipe


@recipe(
    "al.random",
    **ASKING,
    budget=BUDGET,
    pool_size=POOL_SIZE,
    reuse=REUSE,
    binary=Arg("--binary", help="Ask about one random candidate span instead of whole segments"),
)
@report_errors
def random_order(
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
    binary: bool = False,
) -> dict[str, Any]:
    """Annotate in uniform random order; everything is scored all the same."""
    from prodigy_al.inputs.naming import naming_options
    from prodigy_al.inputs.opening import open_pool
    from prodigy_al.sampling.design import SamplingDesign

    with naming_options():
        design = SamplingDesign(
            strategy="random-binary" if binary else "random",
            unit="candidate" if binary else "segment",
            seed=seed,
            explore=1.0,
            dev_share=dev_share,
            fold_salt=fold_salt,
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
    )
    return pool.ask(view_id="ner" if binary else "ner_manual")
