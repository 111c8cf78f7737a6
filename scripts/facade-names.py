"""Prints the names that algorithms may use, as JSON: classes with members and signatures, enumerations, functions."""

import enum
import inspect
import json
import sys

import AlgorithmImports
from AlgorithmImports._names import LeanEnum


def signature(member):
    if isinstance(member, (property, int, float, str)) or not callable(member):
        return ""
    try:
        text = str(inspect.signature(member))
    except (TypeError, ValueError):
        return "(…)"
    return text.replace("(self, ", "(").replace("(self)", "()")


def first_line(member):
    text = inspect.getdoc(member) if callable(member) or isinstance(member, property) else None
    return (text or "").split("\n")[0]


def members(cls):
    found = {}
    for name in dir(cls):
        if name.startswith("_") or name != name.lower():
            continue
        member = inspect.getattr_static(cls, name, None)
        if isinstance(member, (staticmethod, classmethod)):
            member = member.__func__
        found[name] = {"signature": signature(member), "about": first_line(member)}
    return found


def public_items():
    """What algorithms import, and the classes of what they reach from there (`self.portfolio` and the like)."""
    found = {name: getattr(AlgorithmImports, name) for name in AlgorithmImports.__all__}
    for module in [module for path, module in sys.modules.items() if path.startswith("AlgorithmImports.")]:
        for name, item in vars(module).items():
            if isinstance(item, type) and not name.startswith("_") and item.__module__ == module.__name__:
                found.setdefault(name, item)
    return found


def names():
    classes, enums, functions = {}, {}, {}
    for name, item in sorted(public_items().items()):
        if isinstance(item, type) and issubclass(item, LeanEnum):
            enums[name] = [member for member in item.__members__ if member == member.upper()]
        elif isinstance(item, type) and not issubclass(item, (enum.Enum, BaseException)):
            if item.__module__.startswith("AlgorithmImports"):
                classes[name] = {"about": first_line(item), "members": members(item)}
        elif callable(item) and getattr(item, "__module__", "").startswith("AlgorithmImports"):
            functions[name] = {"signature": signature(item), "about": first_line(item)}
    return {"classes": classes, "enums": enums, "functions": functions}


TEXT = json.dumps(names(), indent=1, sort_keys=True, ensure_ascii=False)
