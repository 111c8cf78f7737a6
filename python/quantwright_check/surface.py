"""Uses of the facade that it does not offer: members of QCAlgorithm, of enumerations, of `np` and of the table."""

import ast

import AlgorithmImports
from AlgorithmImports import _numpy
from AlgorithmImports._engine import IN_SANDBOX
from AlgorithmImports._names import LeanEnum
from AlgorithmImports._packages import np, pd
from AlgorithmImports.algorithm import QCAlgorithm, _snake
from AlgorithmImports.frame import COLUMNS, Column, Frame
from AlgorithmImports.unsupported import MEMBERS

from .classes import method_nodes

_ALGORITHM = frozenset(dir(QCAlgorithm))
_TABLE = frozenset(dir(Frame)) | frozenset(dir(Column)) | set(COLUMNS) | {"index", "values", "name"}
_PARTS = frozenset(COLUMNS) | {"loc", "iloc"}
_NUMPY = "np is a small stand-in for numpy: write this with plain Python and math"
_FRAME = "history() gives a small table, not a pandas DataFrame: use columns, loc, iloc, iterrows and plain Python"


def check_members(node, classes, findings):
    """`self.name` in an algorithm's class."""
    own = classes.own_names(node)
    for use, me in method_nodes(node):
        if isinstance(use, ast.Attribute) and getattr(use.value, "id", None) == me:
            _check_member(use, own, classes, findings)


def _check_member(use, own, classes, findings):
    name = use.attr
    if name in _ALGORITHM or name in own or name in classes.assigned:
        return
    remedy = MEMBERS.get(_snake(name))
    if remedy is not None:
        findings.add("UNSUPPORTED_NAME", use, f"QCAlgorithm.{name} is not supported", remedy)
    elif not name.startswith("__"):
        findings.add(
            "UNKNOWN_ATTRIBUTE", use, f"neither QCAlgorithm nor this class has an attribute {name!r}",
            "check its spelling, or set it in initialize", "warning",
        )  # fmt: skip


def check_globals(tree, bound, missing_modules, findings):
    """`np.name`, `Resolution.NAME` and uses of modules that could not be imported."""
    for use in ast.walk(tree):
        if not isinstance(use, ast.Attribute) or not isinstance(use.value, ast.Name):
            continue
        base, name = use.value.id, use.attr
        if base in missing_modules:
            _check_missing(use, base, missing_modules[base], findings)
        elif base in bound:
            continue
        elif base == "np":
            if not hasattr(np, name):
                findings.add("UNSUPPORTED_NAME", use, f"np.{name} is not available in the sandbox", _NUMPY)
        else:
            _check_enum(use, base, name, findings)


def _check_missing(use, base, module, findings):
    if module == "numpy" and hasattr(_numpy, use.attr):
        return
    if not IN_SANDBOX:
        # The import was named, which is all that can be said.
        return
    findings.add(
        "UNSUPPORTED_NAME", use, f"{base}.{use.attr} needs the module {module}, which the sandbox does not have",
        _NUMPY if module == "numpy" else _FRAME if module == "pandas" else None,
    )  # fmt: skip


def _check_enum(use, base, name, findings):
    kind = getattr(AlgorithmImports, base, None)
    if isinstance(kind, type) and issubclass(kind, LeanEnum) and not hasattr(kind, name):
        known = ", ".join(member.name for member in kind)
        findings.add("UNSUPPORTED_NAME", use, f"{base} has no member {name}", f"one of {known}")


def _is_history(node):
    """A call of `self.history(symbols, …)`, which gives a table; with a type first it gives a list."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    if node.func.attr not in ("history", "History"):
        return False
    first = node.args[0] if node.args else None
    return not (isinstance(first, ast.Name) and first.id[:1].isupper())


def check_tables(tree, findings):
    """Methods of pandas on what `history` returned, directly or through a local name."""
    if pd is not None:
        return
    for function in [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Module))]:
        tables = {
            target.id
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and _is_table(node.value, frozenset())
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        if isinstance(function, ast.Module):
            tables = frozenset()
        for use in ast.walk(function):
            if isinstance(use, ast.Attribute) and _is_table(use.value, tables) and use.attr not in _TABLE:
                findings.add("UNSUPPORTED_NAME", use, f"the table of history() has no {use.attr!r}", _FRAME)


def _is_table(node, tables):
    while isinstance(node, ast.Subscript) or (isinstance(node, ast.Attribute) and node.attr in _PARTS):
        node = node.value
    return _is_history(node) or (isinstance(node, ast.Name) and node.id in tables)
