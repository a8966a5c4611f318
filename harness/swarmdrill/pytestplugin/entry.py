"""The entry point by which pytest finds the plugin (`pytest11` in pyproject.toml).

It only names the module, which pytest then registers under that name, once: also where a `conftest.py` or `-p` names it
again, and in whatever order.
"""

pytest_plugins = ("swarmdrill.pytestplugin.hooks",)
