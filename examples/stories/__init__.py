"""Six short stories about active learning, each told by a simulation on generated news.

    cd examples && python -m stories                 all of them, one after the other
    cd examples && python -m stories.rare_label      one

Each makes its news and a pipeline, runs the commands that a user would type, prints one table and
draws one figure. Everything is written to build/stories; run again, a story goes on where it
stopped. ``--quick`` tells a smaller one with weaker numbers.
"""
