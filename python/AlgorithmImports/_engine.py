"""The engine's side as the facade sees it: calls, the shared board of numbers, and times.

`board` is filled by the engine before each call into Python; offsets are handed over by `bind`, which sets the
constants of that name in every module of this package that declares them, so that reads stay plain lookups.
"""

import json
import sys
from array import array
from datetime import datetime, timedelta

#: Whether this is the sandbox's interpreter; else it is an ordinary CPython, which runs trusted projects.
IN_SANDBOX = sys.platform == "emscripten"

if IN_SANDBOX:
    from pyodide.ffi import JsException as EngineError
else:

    class EngineError(Exception):
        """What an operation of the engine threw, as the host passes it on."""


EPOCH = datetime(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)

#: Doubles that the engine fills: header, securities, indicators. One object for ever; it may grow.
board = array("d", bytes(8 * 16384))

UTC_TIME = 0
LOCAL_TIME = 0

#: The running algorithm; set when it is created.
algorithm = None

#: An exception that left user code called by the engine; kept here while it passes through the engine.
raised = None

_call = None


def bind(call, layout):
    """Connects the facade with the engine. `layout` maps names of offsets to their values."""
    global _call
    _call = call
    package = __name__.rpartition(".")[0]
    for name, module in list(sys.modules.items()):
        if name.startswith(package) and module is not None:
            names = module.__dict__
            for key, offset in layout.items():
                if key in names:
                    names[key] = offset


def call(operation, *arguments):
    """One operation of the engine. Arguments and answer are numbers, texts, booleans and None."""
    if _call is None:
        raise RuntimeError("the engine is not running: algorithms are created by a backtest")
    try:
        return _call(operation, *arguments)
    except EngineError as error:
        raise _translated(error) from None


def _translated(error):
    """The user's own exception where one passed through the engine, else the engine's refusal as a ValueError."""
    global raised
    if raised is not None:
        original, raised = raised, None
        return original
    text = str(error)
    return ValueError(text.partition(": ")[2] if text.split(":")[0].endswith(("Error", "Fault")) else text)


def ask(operation, *arguments):
    """An operation whose answer is structured: it travels as JSON."""
    answer = call(operation, *arguments)
    return None if answer is None else json.loads(answer)


def grow_board(length):
    if length > len(board):
        board.frombytes(bytes(8 * (length - len(board))))
    return board.buffer_info()[0]


_last_microseconds = 0
_last_moment = EPOCH
_steps = {}


def moment(microseconds):
    """A naive datetime from integer microseconds since 1970. Steps from the last one: making a timedelta is what
    costs, and the same few steps come again and again."""
    global _last_microseconds, _last_moment
    if microseconds != _last_microseconds:
        distance = microseconds - _last_microseconds
        step = _steps.get(distance)
        if step is None:
            step = timedelta(microseconds=distance)
            if len(_steps) < 4096:
                _steps[distance] = step
        _last_moment += step
        _last_microseconds = microseconds
    return _last_moment


def microseconds(value):
    """Integer microseconds since 1970 of a naive datetime or a date."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if value.tzinfo is not None:
        value = value.replace(tzinfo=None)
    return (value - EPOCH) // MICROSECOND


def span(value):
    """Integer microseconds of a timedelta; None stays None."""
    return None if value is None else value // MICROSECOND


def local_time():
    return moment(board[LOCAL_TIME])


def utc_time():
    return moment(board[UTC_TIME])


_callbacks = []


def register(function):
    """Keeps a function of the user; the engine calls it by the number returned."""
    _callbacks.append(function)
    return len(_callbacks) - 1


def callback(number):
    return _callbacks[number]
