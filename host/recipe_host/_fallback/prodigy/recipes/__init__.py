from recipe_host.uncovered_names import package_names

__getattr__ = package_names(__name__)
