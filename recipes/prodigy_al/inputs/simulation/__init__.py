"""Gold and options -> answers to the questions of other recipes, here, in processes, on Dask."""
