"""Where rules cut a text into sentences, found without making tokens of all of it.

A sentence ends after a mark such as a full stop that is a token of its own, and after the
punctuation that follows it: the next token begins another (spaCy's ``sentencizer``). So only words
with a mark and those behind a sentence's end have to be cut into tokens, one in ten. spaCy's
tokenizer cuts a text at white space first, and then each word for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeAlias

from spacy.attrs import IS_PUNCT
from spacy.lang.lex_attrs import is_punct
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.vocab import Vocab

from prodigy_al.ner.words import few_words

MOST_WORDS = 2**16
"""Words whose tokens are remembered, of those that are looked at."""
MARK, PUNCTUATION, OTHER = range(3)

Kinds: TypeAlias = tuple[tuple[int, int], ...]
"""Of the tokens of a word: where each begins, and what it is."""


class SentenceRules:
    """Cuts texts as a pipeline of `pipelines.sentence_splitter` does."""

    def __init__(self, splitter: Language) -> None:
        # compiled, and typed in part only
        sentencizer: Any = splitter.get_pipe("sentencizer")
        vocab: Any = splitter.vocab
        marks: set[str] = sentencizer.punct_chars
        in_ascii = filter(str.isascii, marks)
        # a class that holds but these is searched ten times as fast
        self._mark, self._ascii_mark = (
            re.compile(f"[{re.escape(''.join(sorted(some)))}]") for some in (marks, in_ascii)
        )
        is_punctuation: Callable[[str], bool] = vocab.lex_attr_getters.get(IS_PUNCT, is_punct)
        tokenizer = _without_attributes(splitter.tokenizer)

        @lru_cache(maxsize=MOST_WORDS)
        def kinds(word: str) -> Kinds:
            with few_words(tokenizer.vocab):
                tokens = [(token.idx, token.text) for token in tokenizer(word)]
            return tuple(
                (at, MARK if text in marks else PUNCTUATION if is_punctuation(text) else OTHER)
                for at, text in tokens
            )

        self._kinds = kinds

    @classmethod
    def of(cls, splitter: Language) -> SentenceRules | None:
        """Return the rules of a splitter; None where its tokenizer looks at more than a word."""
        tokenizer: Any = splitter.tokenizer
        if type(tokenizer) is not Tokenizer or splitter.pipe_names != ["sentencizer"]:
            return None
        if any(len(exception.split()) > 1 for exception in tokenizer.rules or ()):
            return None
        return cls(splitter)

    def cut(self, text: str) -> list[str] | None:
        """Return the sentences of a text.

        None where more than one space parts two words, or another white space: which sentence it
        belongs to is for the splitter to say.
        """
        if text.split(" ") != text.split():
            return None
        begins = [0, *self._begins(text)]
        ends = [*begins[1:], len(text)]
        return [text[low:high].rstrip() for low, high in zip(begins, ends, strict=True)]

    def _begins(self, text: str) -> Iterator[int]:
        """Yield where each sentence but the first begins."""
        mark = self._ascii_mark if text.isascii() else self._mark
        at, ended = 0, False
        while at < len(text):
            if not ended:
                found = mark.search(text, at)
                if found is None:
                    return
                at = max(at, text.rfind(" ", at, found.start()) + 1)
            end = text.find(" ", at)
            word = text[at:] if end < 0 else text[at:end]
            # letters alone hold neither: no need to look at the tokens of every such word
            for offset, kind in ((0, OTHER),) if word.isalpha() else self._kinds(word):
                if kind == MARK:
                    ended = True
                elif ended and kind == OTHER:
                    yield at + offset
                    ended = False
            at += len(word) + 1


def _without_attributes(tokenizer: Any) -> Any:
    """Return a tokenizer that makes the same tokens, for which nothing is worked out of a new word.

    Nor does the pipeline remember the words that it reads.
    """
    settings = (
        "rules",
        "prefix_search",
        "suffix_search",
        "infix_finditer",
        "token_match",
        "url_match",
        "faster_heuristics",
    )
    return Tokenizer(Vocab(), **{name: getattr(tokenizer, name) for name in settings})
