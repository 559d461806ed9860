"""From signatures to command lines: every kind of hint that recipes use."""

from __future__ import annotations

import typing  # noqa: F401  (hints name it)
from collections.abc import Iterable  # noqa: F401  (hints name it)
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from radicli import Arg, CliParserError, Radicli

from recipe_host.arguments import command_of, load_language
from recipe_host.errors import RecipeError
from recipe_host.recipes import find_recipe, get_recipe
from recipe_host.registry import Recipe, recipe, set_recipe

if TYPE_CHECKING:
    from collections.abc import Hashable as Unknown

    from spacy.language import Language


def parse(function: Any, words: str, **annotations: Any) -> dict[str, Any]:
    command = command_of(Recipe("test", function, annotations))
    values: dict[str, Any] = Radicli(prog="prodigy").parse(words.split(), command)
    return values


def test_parameters_without_annotation_are_positional_in_the_functions_order() -> None:
    def function(dataset, source, count: int = 3): ...  # type: ignore[no-untyped-def]

    assert parse(function, "a b", source=Arg(help="x")) == {
        "dataset": "a",
        "source": "b",
        "count": 3,
    }
    assert parse(function, "a b 5")["count"] == 5


def test_a_percent_sign_in_help_is_printed_as_it_is_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def function(share: Literal["5%", "50%"], rate: str = "2%") -> None: ...

    spec = {
        "share": Arg("--share", help="100% of it, 5%d or 5%%, %(default)s"),
        "rate": ("% of it", "option", "r", str),
    }
    with pytest.raises(SystemExit):
        parse(function, "--help", **spec)
    shown = " ".join(capsys.readouterr().out.split())
    assert "100% of it, 5%d or 5%%, %(default)s (Literal[5%, 50%])" in shown
    assert "% of it (str) (default: 2%)" in shown


@pytest.mark.parametrize(
    "hint",
    ["list[str]", "typing.Optional[typing.List[str]]", "list[str] | None", "Iterable[str]"],
)
def test_lists_are_separated_by_commas(hint: str) -> None:
    def function(label=None): ...  # type: ignore[no-untyped-def]

    function.__annotations__["label"] = hint
    assert parse(function, "--label A,B", label=Arg("--label"))["label"] == ["A", "B"]
    assert parse(function, "", label=Arg("--label"))["label"] is None


def test_lists_of_numbers_and_choices_are_converted() -> None:
    def function(sizes: list[int], kinds: list[Literal["x", "y"]]) -> None: ...

    spec = {"sizes": Arg("--sizes"), "kinds": Arg("--kinds")}
    assert parse(function, "--sizes 1,2 --kinds y,x", **spec) == {
        "sizes": [1, 2],
        "kinds": ["y", "x"],
    }
    with pytest.raises(CliParserError, match="z not among x, y"):
        parse(function, "--sizes 1 --kinds z", **spec)


def test_unions_take_their_first_member() -> None:
    def function(source, path=None): ...  # type: ignore[no-untyped-def]

    union = "typing.Union[str, Iterable[dict[str, typing.Any]]]"
    function.__annotations__.update(source=union, path="typing.Optional[Path]")
    assert parse(function, "a b") == {"source": "a", "path": Path("b")}


def test_an_own_converter_wins_over_the_type() -> None:
    def function(label: list[str]) -> None: ...

    assert parse(function, "a-b", label=Arg(converter=lambda value: value.split("-"))) == {
        "label": ["a", "b"]
    }


def test_flags_come_from_bool_in_both_directions() -> None:
    def function(fast: bool = False, update: bool = True, dry=False): ...  # type: ignore[no-untyped-def]

    spec = {"update": Arg("--update"), "dry": ("Dry", "flag", "D", bool)}
    assert parse(function, "", **spec) == {"fast": False, "update": True, "dry": False}
    assert parse(function, "--fast --no-update -D", **spec) == {
        "fast": True,
        "update": False,
        "dry": True,
    }


def test_the_older_form_names_options_after_parameters() -> None:
    def function(allow_reset=False, limit=2.5, unit=None): ...  # type: ignore[no-untyped-def]

    spec = {
        "allow_reset": ("Allow", "flag", "r", bool),
        "limit": ("Limit", "option", "UP"),
        "unit": ("Unit", "option", None, None),
    }
    assert parse(function, "--allow-reset -UP 3.5 --unit cm", **spec) == {
        "allow_reset": True,
        "limit": 3.5,
        "unit": "cm",
    }


def test_pipelines_are_loaded_even_where_the_hint_is_for_the_type_checker_only() -> None:
    def function(nlp: Language) -> None: ...

    assert parse(function, "blank:de")["nlp"].lang == "de"
    with pytest.raises(RecipeError, match="no spaCy pipeline is called 'nowhere'"):
        load_language("nowhere")
    with pytest.raises(RecipeError, match="no spaCy pipeline is called 'blank:qqq'"):
        load_language("blank:qqq")


def test_extra_words_are_handed_on_only_where_a_recipe_takes_them() -> None:
    def greedy(dataset: str, _extra: list[str] = []) -> None: ...  # noqa: B006
    def strict(dataset: str) -> None: ...

    assert parse(greedy, "a --x.y 1")["_extra"] == ["--x.y", "1"]
    with pytest.raises(CliParserError, match=r"unrecognized arguments: --x.y 1"):
        parse(strict, "a --x.y 1")


def test_parameters_that_no_command_line_can_give_are_named() -> None:
    def function(model: dict[str, int]) -> None: ...
    def checked_only(model: Unknown) -> None: ...

    with pytest.raises(
        RecipeError, match=r"takes a dict.* as 'model', which a command line cannot"
    ):
        parse(function, "a")
    with pytest.raises(RecipeError, match="takes a Unknown as 'model'"):
        parse(checked_only, "a")
    with pytest.raises(RecipeError, match="no parameter called labels"):
        parse(lambda label: None, "a", labels=Arg())


def test_decorated_functions_stay_plain_and_are_found_by_name() -> None:
    @recipe("test.plain", word=Arg(help="a word"))
    def plain(word: str) -> dict[str, Any]:
        """First line
        goes on.

        Not this.
        """
        return {"word": word}

    assert plain("a") == {"word": "a"}
    assert get_recipe("test.plain") is plain
    assert find_recipe("test.plain").summary == "First line goes on."
    set_recipe("test.plain", print)
    assert get_recipe("test.plain") is print


def test_no_parameter_is_annotated_by_the_decorators_own_name() -> None:
    """As documented, `recipe(name, **annotations)`: what fails there must not pass here."""
    with pytest.raises(TypeError, match="multiple values for argument 'name'"):
        recipe("test.name", name=Arg(help="taken"))  # type: ignore[misc]


def test_recipes_of_a_file_are_found_by_path() -> None:
    Path("own.py").write_text("import prodigy\nprodigy.recipe('test.file')(lambda: 5)\n")
    assert get_recipe("test.file", "own.py")() == 5
    with pytest.raises(RecipeError, match=r"no recipe is called 'test.nowhere'"):
        get_recipe("test.nowhere")
