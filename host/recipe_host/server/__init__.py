"""The annotation page's server."""

from recipe_host.server.app import make_app
from recipe_host.server.running import run_server

__all__ = ["make_app", "run_server"]
