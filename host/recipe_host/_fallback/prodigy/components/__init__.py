from recipe_host.coverage import package_names

__getattr__ = package_names(__name__)
