"""Imports that the sandbox cannot serve."""

import ast
import importlib.util
import sys

from AlgorithmImports._engine import IN_SANDBOX
from AlgorithmImports.framework_modules import has_module
from AlgorithmImports.unsupported import MODULES

#: How packages can be had that exist outside of the sandbox only.
_TRUST = (
    "; or trust the project, which then runs without a sandbox: `quantwright backtest FILE --trust`, or"
    " `quantwright cloud --trust-project ID`"
)
_NO_HOST = "algorithms have no network, no processes and no host to reach: remove the import"

#: Modules of the standard library, and of the interpreter, that only reach for the host.
HOST_MODULES = frozenset(
    "js pyodide pyodide_js _pyodide _pyodide_core micropip ctypes _ctypes socket ssl subprocess multiprocessing http"
    " urllib ftplib smtplib poplib imaplib telnetlib socketserver xmlrpc asyncio webbrowser signal pty".split()
)
_OURS = frozenset(("AlgorithmImports",))


def check_imports(tree, project_modules, findings):
    """Reports each import that cannot be had; returns local name -> module of those that stand for such a module."""
    missing = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if _check(alias.name, node, project_modules, findings):
                    missing[(alias.asname or alias.name).partition(".")[0]] = alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            if _check(node.module or "", node, project_modules, findings):
                missing.update({alias.asname or alias.name: node.module for alias in node.names})
    return missing


def _check(module, node, project_modules, findings):
    top = module.partition(".")[0]
    if top in project_modules or top in _OURS or has_module(module):
        return False
    if not IN_SANDBOX:
        return _check_installed(top, node, findings)
    remedy = _remedy(top)
    if remedy is None:
        return False
    findings.add("UNSUPPORTED_IMPORT", node, f"the module {module!r} cannot be imported in the sandbox", remedy)
    return True


def _check_installed(top, node, findings):
    """A trusted project may import whatever its interpreter has."""
    if _exists(top):
        return False
    remedy = f"install it there, or name the interpreter that has it with --python; this one is {sys.executable}"
    findings.add("UNSUPPORTED_IMPORT", node, f"the interpreter has no module {top!r}", remedy)
    return True


def _remedy(top):
    if top in MODULES:
        return MODULES[top] + _TRUST
    if top in HOST_MODULES:
        return _NO_HOST
    if top in sys.stdlib_module_names and _exists(top):
        return None
    return "only the standard library, AlgorithmImports and the project's own files can be imported: add the file or remove the import"


def _exists(top):
    try:
        return top in sys.modules or importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return False
