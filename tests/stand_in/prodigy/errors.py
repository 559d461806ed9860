__all__ = ["RecipeError"]


class RecipeError(Exception):
    def __init__(self, title: str = "", *details: str) -> None:
        super().__init__("\n".join((title, *details)))
