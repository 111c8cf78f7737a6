"""Calls of the algorithm's own methods that do not fit their signatures."""

import ast
import inspect

from AlgorithmImports.algorithm import QCAlgorithm

from .classes import method_nodes


def check_calls(node, classes, findings):
    """`self.method(…)` in an algorithm's class, where QCAlgorithm's method would refuse the arguments."""
    own = classes.own_names(node)
    for call, me in method_nodes(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            target = call.func
            if getattr(target.value, "id", None) == me and target.attr not in own:
                _check_call(call, target.attr, findings)


def _check_call(call, name, findings):
    if any(isinstance(item, ast.Starred) for item in call.args) or any(item.arg is None for item in call.keywords):
        return
    signature = _signature(name)
    if signature is None:
        return
    try:
        signature.bind(None, *call.args, **{item.arg: item for item in call.keywords})
    except TypeError as error:
        shown = str(signature).replace("(self, ", "(").replace("(self)", "()")
        findings.add("CALL_MISMATCH", call, f"{name}: {error}", f"its signature is {name}{shown}")


def _signature(name):
    member = inspect.getattr_static(QCAlgorithm, name, None)
    if not inspect.isfunction(member):
        return None
    try:
        return inspect.signature(member)
    except (TypeError, ValueError):
        return None
