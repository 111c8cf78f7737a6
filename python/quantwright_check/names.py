"""Which names a file binds and uses; deliberately generous, so that ordinary Python is never called wrong."""

import ast
import builtins

#: Declarations of type parameters, which Python has from 3.12 on.
_TYPE_PARAMETERS = tuple(getattr(ast, name) for name in ("TypeVar", "ParamSpec", "TypeVarTuple") if hasattr(ast, name))

BUILTINS = frozenset(dir(builtins)) | {
    "__file__", "__name__", "__doc__", "__package__", "__spec__", "__loader__", "__builtins__", "__annotations__",
    "__class__", "__path__", "__module__", "__qualname__", "__dict__",
}  # fmt: skip


def bound_names(tree):
    """Every name that is bound anywhere in the file, in whatever scope."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            found.update(node.names)
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
        elif isinstance(node, _TYPE_PARAMETERS):
            found.add(node.name)
    return found


def used_names(tree):
    """Nodes that read a plain name."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]


def star_imports(tree):
    """Modules of `from module import *`."""
    return [
        node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]


def is_dynamic(tree):
    """Whether the file makes names in ways that reading it cannot tell."""
    return any(node.id in ("exec", "eval", "globals", "locals", "vars") for node in used_names(tree))
