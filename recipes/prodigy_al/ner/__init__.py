"""The entity recogniser of a spaCy pipeline: loaded, named by a hash, asked to predict."""
