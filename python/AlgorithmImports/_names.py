"""The two spellings of every public name: snake_case as Python writes it, PascalCase as LEAN's C# does."""

from enum import IntEnum


def pascal_name(snake):
    """`set_holdings` -> `SetHoldings`."""
    return "".join(part[:1].upper() + part[1:] for part in snake.split("_"))


def pascal(cls):
    """Class decorator: every public member is reachable by its PascalCase name, too."""
    for name, member in list(vars(cls).items()):
        if name.startswith("_") or name != name.lower():
            continue
        alias = pascal_name(name)
        if alias not in vars(cls):
            setattr(cls, alias, member)
    return cls


class LeanEnum(IntEnum):
    """An enumeration with LEAN's integers, whose members print under LEAN's names."""

    def __str__(self):
        return pascal_name(self.name.lower())

    def __format__(self, spec):
        return format(str(self), spec)

    def to_string(self):
        return str(self)

    ToString = to_string


def lean_enum(name, members):
    """An enumeration from a text of `NAME=1 OTHER=2` (values count up where they are left out)."""
    table, value = {}, -1
    for word in members.split():
        member, _, given = word.partition("=")
        value = int(given) if given else value + 1
        table[member] = value
    for member in list(table):
        table.setdefault(pascal_name(member.lower()), table[member])
    return LeanEnum(name, table, module="AlgorithmImports")
