"""Code that touches the twin, in projects that have one. It is defence in depth: what is found here is refused early."""

import ast
from pathlib import Path

from .findings import Findings

SHIPPED = ("quantwright_twin.py", "quantwright_rules.py")
_FOLDER = Path(__file__).parent.parent / "quantwright_twin"
#: Read at once: a restored interpreter has the modules, but not their files.
_TEXTS = {name: (_FOLDER / name).read_text(encoding="utf-8") for name in SHIPPED}
_REMEDY = "the limits of the account are guarded there: leave it as it was written, and place orders as usual"
#: Functions with which anything can be changed without being named.
_DYNAMIC = {"setattr", "delattr", "exec", "eval", "compile", "__import__", "globals", "vars"}
_MODULES = {"importlib", "inspect", "gc", "ctypes", "builtins", "types", *(name.removesuffix(".py") for name in SHIPPED)}
_MODEL = {"set_brokerage_model", "SetBrokerageModel"}
#: Members that only the twin has to do with.
_PRIVATE = {"__dict__", "__setattr__", "__subclasses__", "__globals__", "__builtins__", "_wraps", "_rules", "_TWIN"}
#: Members that may be read or called, never replaced.
_KEPT = {
    "brokerage_model", "BrokerageModel", "object_store", "ObjectStore", "add_command", "AddCommand", "initialize",
    "Initialize", "can_submit_order", "can_update_order", "CanSubmitOrder", "CanUpdateOrder", *_MODEL,
}  # fmt: skip


def check_twin(files, entry, trees):
    """Findings of a whole project; none where it has no twin."""
    if SHIPPED[0] not in files:
        return []
    found = []
    for name in SHIPPED:
        findings = Findings(name)
        if files.get(name) != _TEXTS[name]:
            findings.add("TWIN_CHANGED", None, f"{name} is not as it was written", "write the shipped text again")
        found += findings.items
    for path, tree in trees.items():
        if path not in SHIPPED:
            findings = Findings(path)
            _Walk(findings, _footer(tree, findings) if path == entry else ()).visit(tree)
            found += findings.items
    return found


def _footer(tree, findings):
    """The two statements at the end of the entry that install the twin, which the rules leave alone."""
    last = tree.body[-1] if tree.body else None
    imported = next((one for one in tree.body if ast.unparse(one) == "from quantwright_twin import guard"), None)
    if last is None or imported is None or ast.unparse(last) != "guard(globals())":
        findings.add(
            "TWIN_MISSING", last, "the twin is not installed",
            "end the file with `from quantwright_twin import guard` and `guard(globals())`",
        )  # fmt: skip
        return ()
    return imported, last


class _Walk(ast.NodeVisitor):
    def __init__(self, findings, footer):
        self._findings = findings
        self._footer = footer
        self._functions = []

    def visit(self, node):
        if node not in self._footer:
            super().visit(node)

    def _touches(self, node, what):
        self._findings.add("TWIN_TOUCHED", node, f"{what} is not allowed in a project with limits of its own", _REMEDY)

    def visit_FunctionDef(self, node):
        if node.name in _MODEL or node.name == "guard":
            self._touches(node, f"to define {node.name}")
        self._functions.append(node.name)
        self.generic_visit(node)
        self._functions.pop()

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Import(self, node):
        for name in node.names:
            if name.name.split(".")[0] in _MODULES:
                self._touches(node, f"import {name.name}")

    def visit_ImportFrom(self, node):
        if (node.module or "").split(".")[0] in _MODULES:
            self._touches(node, f"to import from {node.module}")
        elif any(name.asname in _DYNAMIC | {"guard"} or name.name in _DYNAMIC for name in node.names):
            self._touches(node, "this import")

    def visit_Name(self, node):
        if node.id in _DYNAMIC or (node.id == "guard" and not isinstance(node.ctx, ast.Load)):
            self._touches(node, node.id)

    def visit_Attribute(self, node):
        if node.attr in _PRIVATE:
            self._touches(node, node.attr)
        elif node.attr in _KEPT and not isinstance(node.ctx, ast.Load):
            self._touches(node, f"to set {node.attr}")
        elif node.attr in _MODEL and self._functions[-1:] not in (["initialize"], ["Initialize"]):
            self._touches(node, f"{node.attr} outside of initialize")
        self.generic_visit(node)

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name) and node.func.id == "getattr":
            name = node.args[1] if len(node.args) > 1 else None
            if not (isinstance(name, ast.Constant) and name.value not in _PRIVATE | _MODEL):
                self._touches(node, "getattr with such a name")
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str) and node.value.startswith("quantwright/"):
            self._touches(node, "a key of the twin in the object store")
