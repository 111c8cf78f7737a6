"""Checks all files of a project together."""

import ast
import warnings

import AlgorithmImports
from AlgorithmImports.unsupported import GLOBALS

from .calls import check_calls
from .classes import ProjectClasses, algorithm_classes
from .findings import Findings
from .imports import check_imports
from .names import BUILTINS, bound_names, is_dynamic, star_imports, used_names
from .surface import check_globals, check_members, check_tables
from .twin import check_twin


def check_project(files, entry):
    """A compile report for {path: text}: `{"ok", "diagnostics"}`."""
    diagnostics = []
    trees = {}
    for path, text in sorted(files.items()):
        if path.endswith(".py"):
            findings = Findings(path)
            tree = _parse(path, text, findings)
            diagnostics += findings.items
            if tree is not None:
                trees[path] = tree
    modules = {part for path in files for part in _module_names(path)}
    classes = ProjectClasses(trees.values())
    for path, tree in trees.items():
        diagnostics += _check_file(path, trees, modules, classes)
    diagnostics += _check_entry(files, entry, trees, classes)
    diagnostics += check_twin(files, entry, trees)
    return {"ok": not any(item["severity"] == "error" for item in diagnostics), "diagnostics": diagnostics[:500]}


def _module_names(path):
    """Names by which a file may be imported: each folder and its stem."""
    return [part.removesuffix(".py") for part in path.split("/")]


def _parse(path, text, findings):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, path)
            compile(tree, path, "exec")
        return tree
    except SyntaxError as error:
        error.col_offset = (error.offset or 1) - 1
        findings.add("SYNTAX_ERROR", error, f"{type(error).__name__}: {error.msg}")
    except ValueError as error:
        findings.add("SYNTAX_ERROR", None, str(error))
    except (RecursionError, MemoryError):
        findings.add("SYNTAX_ERROR", None, "the file is nested too deeply to be compiled")
    return None


def _check_file(path, trees, modules, classes):
    tree = trees[path]
    findings = Findings(path)
    bound = bound_names(tree)
    missing = check_imports(tree, modules, findings)
    check_globals(tree, bound - set(missing), missing, findings)
    check_tables(tree, findings)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and classes.is_algorithm(node):
            check_members(node, classes, findings)
            check_calls(node, classes, findings)
    stars = _star_names(tree, trees)
    if stars is not None and not is_dynamic(tree):
        _check_names(tree, bound | stars | BUILTINS, findings)
    return sorted(findings.items, key=lambda item: (item["line"], item["column"]))


def _star_names(tree, trees, seen=()):
    """All names that star imports bring; None if one of them cannot be known."""
    found = set()
    for module in star_imports(tree):
        if module == "AlgorithmImports":
            found.update(AlgorithmImports.__all__)
            continue
        path = next((path for path in trees if path.removesuffix(".py").replace("/", ".").endswith(module)), None)
        if path is None or path in seen:
            return None
        inner = _star_names(trees[path], trees, (*seen, path))
        if inner is None:
            return None
        found |= inner | bound_names(trees[path])
    return found


def _check_names(tree, known, findings):
    for node in used_names(tree):
        if node.id in known:
            continue
        remedy = GLOBALS.get(node.id)
        if remedy is not None:
            findings.add("UNSUPPORTED_NAME", node, f"{node.id} is not available in the sandbox", remedy)
        else:
            findings.add("UNDEFINED_NAME", node, f"the name {node.id!r} is not defined", _hint(tree, node.id))


def _hint(tree, name):
    if name in AlgorithmImports.__all__ and not star_imports(tree):
        return "add `from AlgorithmImports import *` at the top of the file"
    return "define it, import it, or check its spelling"


def _check_entry(files, entry, trees, classes):
    findings = Findings(entry)
    if entry not in files:
        findings.add("ENTRY_MISSING", None, f"the project has no file {entry}", "add it, or name another entry")
    elif entry in trees:
        found = algorithm_classes(trees[entry], classes)
        if not found:
            findings.add(
                "NO_ALGORITHM", None, f"{entry} defines no class derived from QCAlgorithm",
                "start with `from AlgorithmImports import *` and `class MyAlgorithm(QCAlgorithm):`",
            )  # fmt: skip
        for extra in found[1:]:
            findings.add(
                "SEVERAL_ALGORITHMS", extra, f"{entry} defines {len(found)} algorithms; it may define one",
                "keep one, and move the others to files of their own",
            )  # fmt: skip
    return findings.items
