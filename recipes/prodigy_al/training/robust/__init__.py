"""Training on partly annotated text beside a frozen base, merged into one ordinary `ner`."""
