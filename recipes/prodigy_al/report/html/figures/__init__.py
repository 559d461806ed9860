"""One figure a file: what is drawn of the report, and the sentence that says what it means here."""
