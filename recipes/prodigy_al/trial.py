"""`al.trial`: several arms on one source, asked in turns and blind, in one dataset."""

from typing import Any, Optional

from prodigy_al.exits import report_errors
from prodigy_al.options import (
    ACQUISITION_OF_ARMS,
    ASKING,
    BLOCK,
    BUDGET,
    EXPLORE_OF_ARMS,
    POOL_SIZE,
    RATE,
    REUSE,
    WITHIN_KINDS,
    Arg,
    given,
    recipe,
    split_string,
)


@recipe(
    "al.trial",
    **ASKING,
    budget=BUDGET,
    pool_size=POOL_SIZE,
    reuse=REUSE,
    arms=Arg(
        "--arms",
        help="ranked, random, ranked-strict; or teach, random-binary; ranked,random if not given",
        converter=split_string,
    ),
    by=ACQUISITION_OF_ARMS,
    explore=EXPLORE_OF_ARMS,
    within_kinds=WITHIN_KINDS,
    block=BLOCK,
    rate=RATE,
)
@report_errors
def trial(
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
    arms: Optional[list[str]] = None,
    by: Optional[str] = None,
    explore: Optional[float] = None,
    within_kinds: bool = False,
    block: int = 100,
    rate: float = 0.2,
) -> dict[str, Any]:
    """Annotate for several arms at once, in turns and blind: a randomised trial."""
    from prodigy_al.inputs.choices import check_acquisition, check_source
    from prodigy_al.inputs.naming import naming_options
    from prodigy_al.inputs.opening import open_pool
    from prodigy_al.inputs.trial import ask_trial
    from prodigy_al.sampling.trial import trial_designs

    check_source(source, whole=True)
    if by is not None:
        check_acquisition(by)
    with naming_options():
        designs = trial_designs(
            arms,
            active=given(acquisition=by, explore=explore, within_kinds=within_kinds),
            blocks={"block_size": block, "rate": rate},
            shared={"seed": seed, "dev_share": dev_share, "fold_salt": fold_salt},
        )
    pool = open_pool(
        dataset,
        model,
        source,
        designs[0],
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
    return ask_trial(pool, designs)
