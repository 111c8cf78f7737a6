"""Live commands: the user's own command classes, generic commands, and commands to other algorithms."""

import json

from . import _engine
from ._engine import call
from ._names import pascal


class CommandPair:
    """An entry of an object in a command."""

    __slots__ = ("key", "value")

    def __init__(self, key, value):
        self.key = key
        self.value = value

    Key = property(lambda self: self.key)
    Value = property(lambda self: self.value)

    def __iter__(self):
        return iter((self.key, self.value))

    def __repr__(self):
        return f"[{self.key}, {self.value}]"


class CommandObject:
    """An object in a command: iterates over pairs with `key` and `value`, and is read with `[…]`."""

    __slots__ = ("_values",)

    def __init__(self, values):
        self._values = {key: _shown(value) for key, value in values.items()}

    def __iter__(self):
        return iter([CommandPair(key, value) for key, value in self._values.items()])

    def __getitem__(self, key):
        return self._values[key]

    def __contains__(self, key):
        return key in self._values

    def __len__(self):
        return len(self._values)

    def contains_key(self, key):
        return key in self._values

    ContainsKey = contains_key

    keys = property(lambda self: list(self._values))
    values = property(lambda self: list(self._values.values()))
    count = property(lambda self: len(self._values))
    Keys, Values, Count = keys, values, count

    def __repr__(self):
        return repr(self._values)


def _shown(value):
    if isinstance(value, dict):
        return CommandObject(value)
    return [_shown(item) for item in value] if isinstance(value, list) else value


class _Fields:
    """Attributes in any case; what a command does not have is None."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        wanted = name.replace("_", "").lower()
        for known, value in self.__dict__.items():
            if known.replace("_", "").lower() == wanted:
                return value
        return None


class CommandData(_Fields):
    """What `on_command` receives."""

    def __init__(self, values):
        self.__dict__.update({key: _shown(value) for key, value in values.items()})

    def __repr__(self):
        return repr(self.__dict__)


class Command(_Fields):
    """The base of the user's own commands: fields of the message are attributes of the instance."""

    id = None

    def run(self, algorithm):
        """What the command does; False says that it failed."""
        return None


_classes = {}
_told = set()


@pascal
class CommandMethods:
    """Part of QCAlgorithm."""

    def on_command(self, data):
        """Hears commands without a class."""
        return True

    def add_command(self, type):
        """Registers a class derived from Command, by its name."""
        if not (isinstance(type, _TYPE) and issubclass(type, Command)):
            raise ValueError("add_command: expected a class derived from Command")
        _classes[type.__name__] = type

    def broadcast_command(self, command):
        """Sends a command to the organization's other live algorithms; nothing happens in backtests."""
        if isinstance(command, dict):
            payload = dict(command)
        else:
            payload = {"$type": type(command).__name__, **vars(command)}
        return bool(call("live.broadcast", json.dumps(payload, default=str)))

    def link(self, command):
        raise ValueError("links to commands are not supported here: send commands through the API instead")


_TYPE = type


def run_command(kind, payload):
    """Runs a command of the user; returns whether it succeeded, and a message. What it raises is told once a kind."""
    algorithm = _engine.algorithm
    if kind is None:
        return _run("on_command", lambda: _handler(algorithm)(CommandData(payload)))
    name = kind.split(",")[0].strip().split(".")[-1]
    cls = _classes.get(name) or _classes.get(kind)
    if cls is None:
        message = f"Detected unregistered command type '{kind}', will be ignored"
        _tell_once(kind, message)
        return False, message
    return _run(name, lambda: _made(cls, payload).run(algorithm))


def _handler(algorithm):
    """`on_command` in the user's spelling."""
    own = type(algorithm).__dict__
    return algorithm.OnCommand if "OnCommand" in own and "on_command" not in own else algorithm.on_command


def _made(cls, payload):
    command = cls()
    for key, value in payload.items():
        wanted = key.replace("_", "").lower()
        if key.startswith("$") or wanted == "run":
            continue
        known = next((name for name in dir(cls) if name.replace("_", "").lower() == wanted), key)
        setattr(command, known, _shown(value))
    return command


def _run(name, work):
    try:
        answer = work()
    except Exception as error:
        _engine.raised = None
        message = f"The command {name} failed: {type(error).__name__}: {error}"
        _tell_once(name, message)
        return False, message
    return answer is not False, ""


def _tell_once(key, message):
    if key not in _told:
        _told.add(key)
        call("error", message[:2000])
