"""Loads the plugin; everything else is in `harness/swarmdrill/pytestplugin/`."""

pytest_plugins = ("swarmdrill.pytestplugin.hooks",)
