#!/bin/sh
# From your own annotated JSONL to a comparison, in five commands.
#
#   sh examples/own_data.sh POOL.jsonl TEST.jsonl MODEL LABEL [ANSWERS]
#
# POOL and TEST hold texts with gold `spans`, as `prodigy db-out` writes them: the simulated arms ask
# from POOL, and TEST, texts from other documents, is only ever measured on.
set -eu
pool=$1 test=$2 model=$3 label=$4 answers=${5:-1000}

# 1. The test set becomes a dataset, once.
prodigy stats own-test >/dev/null 2>&1 || prodigy db-in own-test "$test"
# 2. Answer from gold, twice: segments the model is unsure of, and segments drawn at random.
prodigy al.simulate "$pool" "$model" own --label "$label" --arms ranked,random --budget "$answers"
# 3. Look at what was collected.
prodigy stats own-ranked-0
# 4. Take the answers with you: they carry the probability each was drawn with.
prodigy db-out own-ranked-0 own-ranked-0.jsonl
# 5. Retrain from each and measure on the test set.
prodigy al.compare 'own-r*' "$model" --test own-test --label "$label" --seeds 2
