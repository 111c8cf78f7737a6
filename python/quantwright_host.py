"""Runs a trusted project in an ordinary CPython: `quantwright_host.py FOLDER COMMAND…`.

FOLDER takes the project's files; COMMAND starts the engine, a process of its own, which gets descriptors 0 and 3 (the
supervisor's) and, as last arguments, the numbers of two pipes. The engine drives: it sends a request and waits; while
Python works on it, Python may send requests of its own and waits, and so on in turns. A frame to Python is
[doubles, bytes, kind, 0] as 32-bit numbers, the board's doubles where they changed, and the body; a frame from Python
is [bytes, kind] and the body.
"""

import io
import json
import os
import struct
import subprocess
import sys
import threading

STEP, CALL, ASK, NOTHING, VALUE, TEXT, RAISED, PRINTED = range(1, 9)

_TO_PYTHON = struct.Struct("<4I")
_FROM_PYTHON = struct.Struct("<2I")
_HEAD = _TO_PYTHON.size
_REPLY_FD = 3
#: Linux: sets how much a pipe holds; larger boards then go over at once.
_F_SETPIPE_SZ = 1031
_PIPE_BYTES = 1 << 20


def _plain(value):
    """What JSON does not know: numbers of numpy as Python's own, not-a-number and the infinities by name."""
    item = getattr(value, "item", None)
    if item is None:
        raise TypeError(f"a number, a text, a boolean or None was expected, not {type(value).__name__}")
    return _finite(item())


def _finite(value):
    if isinstance(value, float) and value - value != 0.0:
        return {"number": "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"}
    return value


_encode = json.JSONEncoder(allow_nan=False, default=_plain, separators=(",", ":")).encode


def _json(value):
    try:
        return _encode(value).encode("ascii")
    except ValueError:
        return _encode([_finite(item) for item in value] if isinstance(value, list) else _finite(value)).encode("ascii")


def _shown(error):
    try:
        return f"{type(error).__name__}: {error}"[:2000]
    except BaseException:
        # The user's own `__str__` may fail, too.
        return type(error).__name__


class Engine:
    """The pipes to the engine."""

    def __init__(self, source, target):
        self._source = io.FileIO(source, "rb")
        self._target = target
        self._writing = threading.Lock()
        self._thread = threading.get_ident()
        self._buffer = memoryview(bytearray(1 << 16))
        self._functions = {}
        self._board = None

    def attach(self, runtime, facade):
        """From now on requests can be served: `runtime` has the functions, `facade` the board."""
        self._runtime = runtime
        self._facade = facade
        self._board = memoryview(facade.board).cast("B")
        self._functions = {"bind": lambda layout: runtime.bind(self.ask, layout) and None, "version": _version}
        os.register_at_fork(after_in_child=self._forked)

    def serve(self):
        """Works on requests until the engine ends, and this process with it."""
        while True:
            self._work(*self._receive())

    def ask(self, operation, *values):
        """Has the engine do something; what it asks meanwhile is served."""
        if threading.get_ident() != self._thread:
            raise RuntimeError("the engine can only be asked by the thread that runs the algorithm")
        self._send(ASK, _json([operation, *values]))
        while True:
            kind, body = self._receive()
            if kind == NOTHING:
                return None
            if kind == VALUE:
                return json.loads(body)
            if kind == TEXT:
                return str(body, "utf-8")
            if kind == RAISED:
                raise self._facade.EngineError(str(body, "utf-8"))
            self._work(kind, body)

    def printed(self, line):
        self._send(PRINTED, line.encode("utf-8", "replace"))

    def _work(self, kind, body):
        try:
            if kind == STEP:
                answer = self._runtime.step()
            else:
                name, *arguments = json.loads(body)
                answer = (self._functions.get(name) or getattr(self._runtime, name))(*arguments)
        except BaseException as error:
            # Also what would end Python: the engine tells why the run ended.
            self._send(RAISED, _shown(error).encode("utf-8", "replace"))
            return
        if answer is None or kind == STEP:
            self._send(NOTHING, b"")
        elif isinstance(answer, str):
            self._send(TEXT, answer.encode("utf-8", "surrogatepass"))
        else:
            self._send(VALUE, self._value(answer))

    def _value(self, answer):
        try:
            return _json(answer)
        except TypeError:
            # The engine says what it had expected instead.
            return _json({"type": type(answer).__name__})

    def _send(self, kind, body):
        frame = memoryview(_FROM_PYTHON.pack(len(body), kind) + body)
        with self._writing:
            while frame:
                frame = frame[self._write(frame) :]

    def _write(self, frame):
        try:
            return os.write(self._target, frame)
        except OSError:
            os._exit(0)

    def _receive(self):
        got = self._read(0, _HEAD)
        doubles, length, kind, _ = _TO_PYTHON.unpack_from(self._buffer)
        start = _HEAD + 8 * doubles
        end = start + length
        if end > len(self._buffer):
            larger = memoryview(bytearray(2 * end))
            larger[:got] = self._buffer[:got]
            self._buffer = larger
        if got < end:
            self._read(got, end)
        if doubles:
            self._fill(doubles)
        return kind, bytes(self._buffer[start:end]) if length else b""

    def _read(self, got, wanted):
        """Reads on until so many bytes are there. There is never more than one frame under way."""
        while got < wanted:
            count = self._source.readinto(self._buffer[got:] if got else self._buffer)
            if not count:
                os._exit(0)
            got += count
        return got

    def _fill(self, doubles):
        size = 8 * doubles
        if size > len(self._board):
            self._board.release()
            self._facade.grow_board(2 * doubles)
            self._board = memoryview(self._facade.board).cast("B")
        self._board[:size] = self._buffer[_HEAD : _HEAD + size]

    def _forked(self):
        """A copy of this process must not speak for it."""
        self._thread = None
        self._target = os.open(os.devnull, os.O_WRONLY)


class Lines(io.TextIOBase):
    """A standard output whose lines are handed on when they are whole."""

    encoding = "utf-8"

    def __init__(self, tell):
        self._tell = tell
        self._rest = ""

    def writable(self):
        return True

    def write(self, text):
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._tell(line)
        return len(text)


def _version():
    return ".".join(map(str, sys.version_info[:3]))


def _start_engine(command):
    """Starts the engine; returns the ends of the pipes that are Python's."""
    from_engine, to_python = os.pipe()
    from_python, to_engine = os.pipe()
    try:
        import fcntl

        for end in (from_engine, to_engine):
            fcntl.fcntl(end, _F_SETPIPE_SZ, _PIPE_BYTES)
    except (ImportError, OSError):
        # Smaller pipes do, too.
        pass
    subprocess.Popen(
        [*command, str(from_python), str(to_python)], stdin=0, stdout=subprocess.DEVNULL,
        pass_fds=(_REPLY_FD, from_python, to_python), env={"TZ": "UTC"},
    )  # fmt: skip
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for end in (nothing, _REPLY_FD, from_python, to_python):
        os.close(end)
    return from_engine, to_engine


def main(folder, *command):
    engine = Engine(*_start_engine(command))
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import random

    import AlgorithmImports
    import quantwright_runtime
    from AlgorithmImports import _engine

    quantwright_runtime.PROJECT = os.path.realpath(folder)
    os.chdir(folder)
    random.seed(0)
    if hasattr(AlgorithmImports.np, "random"):
        AlgorithmImports.np.random.seed(0)
    engine.attach(quantwright_runtime, _engine)
    sys.stdout, sys.stderr = Lines(engine.printed), Lines(engine.printed)
    engine.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
