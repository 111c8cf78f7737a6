"""LEAN's folders of framework models as modules: `from Execution.ImmediateExecutionModel import …`. A project's own
files of these names come first."""

import sys
from importlib.machinery import ModuleSpec

FOLDERS = frozenset("Alphas Execution Portfolio Risk Selection".split())


class _Finder:
    """Finds a folder, or a module in it that is named as a class of ours."""

    def find_spec(self, name, path=None, target=None):
        folder, _, member = name.partition(".")
        if folder not in FOLDERS:
            return None
        if not member:
            return ModuleSpec(name, self, is_package=True)
        return ModuleSpec(name, self) if member in _ours() else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        if "." in module.__name__:
            names = _ours()
            vars(module).update({name: names[name] for name in names["__all__"]})


def _ours():
    return vars(sys.modules[__package__])


def has_module(name):
    """Whether a dotted name is one of these modules."""
    folder, _, member = name.partition(".")
    return folder in FOLDERS and (not member or member in _ours())


sys.meta_path.append(_Finder())
