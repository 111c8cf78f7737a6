"""The project's classes: which of them are algorithms, and what attributes they have of their own."""

import ast


class ProjectClasses:
    """All classes of a project by their plain name."""

    def __init__(self, trees):
        self.by_name = {}
        self.assigned = set()
        for tree in trees:
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    self.by_name.setdefault(node.name, node)
                elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                    # `anything.name = …`: the name may be an algorithm's.
                    self.assigned.add(node.attr)
                elif isinstance(node, ast.Call) and _is_setattr(node):
                    self.assigned.add(node.args[1].value)

    def is_algorithm(self, node, seen=()):
        for base in node.bases:
            name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", None)
            if name == "QCAlgorithm":
                return True
            parent = self.by_name.get(name)
            if parent is not None and parent.name not in seen and self.is_algorithm(parent, (*seen, node.name)):
                return True
        return False

    def own_names(self, node, seen=()):
        """Names that the class and its bases in the project define."""
        found = set()
        for statement in ast.walk(node):
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(statement.name)
            elif isinstance(statement, ast.Name) and isinstance(statement.ctx, ast.Store):
                found.add(statement.id)
        for base in node.bases:
            parent = self.by_name.get(getattr(base, "id", None))
            if parent is not None and parent.name not in seen and parent is not node:
                found |= self.own_names(parent, (*seen, node.name))
        return found


def method_nodes(node):
    """Each node of each method of a class, with the name that the method gives to its object."""
    for method in [item for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))]:
        if method.args.args:
            for inner in ast.walk(method):
                yield inner, method.args.args[0].arg


def _is_setattr(node):
    return (
        getattr(node.func, "id", None) == "setattr"
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
        and isinstance(node.args[1].value, str)
    )


def algorithm_classes(tree, classes):
    """The classes that the file itself defines at its top level and that are algorithms."""
    return [node for node in tree.body if isinstance(node, ast.ClassDef) and classes.is_algorithm(node)]
