"""A Dask cluster of this machine, as tests use it."""

from __future__ import annotations

from distributed import LocalCluster


def start_cluster(workers: int = 2, threads: int = 1) -> LocalCluster:
    """Return a running cluster of worker processes, to be used in a `with` statement."""
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs="CRITICAL",
    )
