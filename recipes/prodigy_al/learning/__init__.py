"""In the loop: from the answers so far to the model that orders the next questions."""
