"""What the engine calls: loads a project, and passes events on to the algorithm."""

import importlib
import json
import os
import sys
import traceback
from sys import getrefcount

import quantwright_check
from AlgorithmImports import _engine, algorithm, commands, slices
from AlgorithmImports._engine import ask, grow_board, moment  # noqa: F401
from AlgorithmImports.bars import corporate_event, trade_bar
from AlgorithmImports.enums import AlgorithmMode
from AlgorithmImports.framework import FRAMEWORK
from AlgorithmImports.orders import OrderEvent
from AlgorithmImports.slices import DataDictionary, Slice
from AlgorithmImports.symbols import symbol_of

PROJECT = "/project"

_handlers = {}


def bind(call, layout):
    """Connects Python with the engine; returns the address of the board."""
    _engine.bind(call, json.loads(layout))
    return _engine.board.buffer_info()[0]


def check(files, entry):
    return json.dumps(quantwright_check.check_project(json.loads(files), entry))


def load(files, entry):
    """Writes the project's files and imports the entry; returns the algorithm's name, or why there is none, as JSON."""
    if entry not in json.loads(files):
        return _refusal("ENTRY_MISSING", f"the project has no file {entry}")
    for path, text in json.loads(files).items():
        target = os.path.normpath(f"{PROJECT}/{path}")
        if not target.startswith(f"{PROJECT}/"):
            return _refusal("PATH_REFUSED", f"the path of a project file leads out of the project: {path}")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)
    folder, _, file = entry.rpartition("/")
    sys.path[:0] = list(dict.fromkeys((f"{PROJECT}/{folder}".rstrip("/"), PROJECT)))
    importlib.invalidate_caches()
    module = _guarded(importlib.import_module, file.removesuffix(".py"))
    found = [item for item in vars(module).values() if _is_algorithm(item, module.__name__)]
    if len(found) != 1:
        names = ", ".join(item.__name__ for item in found) or "none"
        return _refusal("NO_ALGORITHM", f"{entry} must define exactly one class derived from QCAlgorithm; it defines {names}")
    _handlers["class"] = found[0]
    return json.dumps({"name": found[0].__name__})


def _refusal(code, message):
    return json.dumps({"code": code, "message": message})


def _is_algorithm(item, module):
    return isinstance(item, type) and issubclass(item, algorithm.QCAlgorithm) and item.__module__ == module


def create():
    """Makes the algorithm; returns the names of the callbacks that it overrides, as JSON."""
    cls = _handlers["class"]
    made = _engine.algorithm = cls.__new__(cls)
    _guarded(cls.__init__, made)
    found = {}
    for name in algorithm.CALLBACKS:
        spelling = algorithm.overridden(cls, name)
        if spelling is not None:
            found[name] = getattr(made, spelling)
    _handlers.update(found)
    if "on_data" in found:
        global step
        step = _make_step(found["on_data"], _UNSHARED)
    return json.dumps(list(found))


def _guarded(function, *arguments):
    """Runs user code; an exception is kept, so that it can be shown as it was raised."""
    try:
        return function(*arguments)
    except BaseException as error:
        _engine.raised = error
        raise


def _make_step(on_data, unshared=None):
    """The one crossing of a slice. The slice object is used again unless the user has kept it, which shows in its
    count of references; `unshared` is that count when nobody else holds it, None to measure it."""
    current = algorithm.CURRENT_SLICE
    measured = []
    limit = -1 if unshared is None else unshared

    def step():
        data = current[0]
        try:
            on_data(data)
        except BaseException as error:
            _engine.raised = error
            raise
        references = getrefcount(data)
        if references > limit:
            if unshared is None:
                measured.append(references)
                return measured
            data._close()
            current[0] = Slice()
        elif data._touched:
            data._reset()

    return step


#: Measured on the same code, because it depends on how the interpreter compiles it.
_UNSHARED = _make_step(lambda data: None)()[0]


def step():
    """Replaced when an algorithm with `on_data` is created."""


def initialize():
    """Runs the user's `initialize`; answers whether framework models are in use, which hear each slice."""
    if "initialize" in _handlers:
        _guarded(_handlers["initialize"])
    _guarded(FRAMEWORK.start, _engine.algorithm)
    if FRAMEWORK.is_active:
        _join_framework(_handlers.get("on_data"), _handlers.get("on_securities_changed"))
    return FRAMEWORK.is_active


def _join_framework(on_data, on_changed):
    """The framework's models come after the user's own callbacks."""
    global step
    made = _engine.algorithm

    def data_for_both(data):
        if on_data is not None:
            on_data(data)
        FRAMEWORK.step(made, data)

    def changes_for_both(changes):
        if on_changed is not None:
            on_changed(changes)
        FRAMEWORK.changed(made, changes)

    step = _make_step(data_for_both, _UNSHARED)
    _handlers["on_securities_changed"] = changes_for_both


def warmup_finished():
    _guarded(_handlers["on_warmup_finished"])


def end_of_algorithm():
    _guarded(_handlers["on_end_of_algorithm"])


def end_of_day(index):
    method = _handlers["on_end_of_day"]
    _guarded(method, *([symbol_of(index)] if method.__code__.co_argcount > 1 else []))


def order_event(text):
    _guarded(_handlers["on_order_event"], OrderEvent(json.loads(text)))


def securities_changed(added, removed):
    _guarded(_handlers["on_securities_changed"], algorithm.SecurityChanges(json.loads(added), json.loads(removed)))


def events(callback, text):
    """Dividends, splits, delistings or renames of a slice, for the callback of that name."""
    found = {index: corporate_event(kind, symbol_of(index), time, values) for kind, index, time, values in json.loads(text)}
    _guarded(_handlers[callback], DataDictionary(found))


def go_live():
    """The algorithm that is created next runs live."""
    algorithm.QCAlgorithm.live_mode = algorithm.QCAlgorithm.LiveMode = True
    algorithm.QCAlgorithm.algorithm_mode = algorithm.QCAlgorithm.AlgorithmMode = AlgorithmMode.LIVE


def command(text):
    """Runs a command of the user's own: {type, payload}; answers {success, message}."""
    given = json.loads(text)
    success, message = commands.run_command(given.get("type"), given["payload"])
    return json.dumps({"success": success, "message": message[:2000]})


def add_security(index, base):
    """A security that the engine added by itself."""
    algorithm.add_block((algorithm.SECURITY_MANAGER, algorithm.PORTFOLIO_MANAGER), index, base)


def call_back(number, *arguments):
    return _guarded(_engine.callback(number), *arguments)


def call_back_bar(number, index, *values):
    """A bar for a handler or a selector: start, end, open, high, low, close, volume."""
    return _guarded(_engine.callback(number), trade_bar(symbol_of(index), values))


def describe_error():
    """The last exception that left user code, as [message, stack trace], with frames of the user's files only."""
    error, _engine.raised = _engine.raised, None
    if error is None:
        return None
    try:
        return json.dumps(_description(error))
    except MemoryError:
        return json.dumps(["MemoryError", ""])


def _description(error):
    shown = traceback.TracebackException.from_exception(error, limit=None)
    link = shown
    while link is not None:
        frames = [frame for frame in link.stack if frame.filename.startswith(PROJECT)]
        for frame in frames:
            frame.filename = frame.filename[len(PROJECT) + 1 :]
        link.stack = traceback.StackSummary.from_list(frames)
        if link.__class__ is traceback.TracebackException and getattr(link, "filename", None):
            link.filename = link.filename.removeprefix(f"{PROJECT}/")
        link = link.__cause__ or link.__context__
    kind = type(error).__name__
    text = str(error) or kind
    if isinstance(error, KeyError) and len(error.args) == 1 and " " in str(error.args[0]):
        # A sentence, not a key: shown without the quotes of its representation.
        text = str(error.args[0])
    message = text if kind == text else f"{kind}: {text}"
    if isinstance(error, SyntaxError):
        message = f"{kind}: {error.msg} ({(error.filename or '').removeprefix(PROJECT + '/')}, line {error.lineno})"
    elif shown.stack:
        last = shown.stack[-1]
        message += f" ({last.filename}, line {last.lineno}, in {last.name})"
    return [message[:4000], "".join(shown.format())[:20000]]
