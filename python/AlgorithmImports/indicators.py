"""Indicators: handles on the engine's, whose values are read off the board."""

import json

from . import _engine
from ._engine import board, call, moment
from ._names import pascal
from .bars import BaseData, IndicatorDataPoint
from .enums import MovingAverageType
from .windows import Event

# Offsets, set by bind.
I_VALUE = I_IS_READY = I_SAMPLES = I_TIME = 0


@pascal
class CurrentPoint:
    """The value an indicator had when it was asked."""

    __slots__ = ("value", "_time")

    def __init__(self, value, time):
        self.value = value
        self._time = time

    time = property(lambda self: moment(self._time))
    end_time = time
    price = property(lambda self: self.value)

    def __float__(self):
        return self.value

    def __repr__(self):
        return f"{self.time} - {self.value}"


_new = CurrentPoint.__new__


@pascal
class IndicatorBase:
    """Anything with a value on the board; compares and calculates like its current value."""

    __slots__ = ("_handle", "_base", "name", "_updated", "_parts", "__dict__")

    def __init__(self, handle, base, name):
        self._adopt(handle, base, name)

    def _adopt(self, handle, base, name):
        self._handle = handle
        self._base = int(base)
        self.name = name
        self._updated = None
        self._parts = None

    @property
    def current(self):
        # Without `__init__`, whose call would cost as much as the rest.
        point = _new(CurrentPoint)
        base = self._base
        point.value = board[base + I_VALUE]
        point._time = board[base + I_TIME]
        return point

    is_ready = property(lambda self: board[self._base + I_IS_READY] != 0.0)
    samples = property(lambda self: int(board[self._base + I_SAMPLES]))
    value = property(lambda self: board[self._base + I_VALUE])

    @property
    def updated(self):
        if self._updated is None:
            self._updated = Event(self._listen)
        return self._updated

    @updated.setter
    def updated(self, event):
        self._updated = event

    def _listen(self):
        call("indicator.listen", self._handle, _engine.register(self._announce))

    def _announce(self, *_):
        self._updated(self, IndicatorDataPoint(self.current.end_time, self.current.value))

    @property
    def previous(self):
        return self[1]

    @property
    def window(self):
        return _History(self)

    def __getitem__(self, back):
        value = call("indicator.history", self._handle, int(back))
        return CurrentPoint(0.0 if value is None else value, board[self._base + I_TIME])

    def update(self, *arguments):
        """`update(time, value)` or `update(bar)`."""
        if len(arguments) == 2:
            return call("indicator.update", self._handle, _engine.microseconds(arguments[0]), float(arguments[1]))
        given = arguments[0]
        if isinstance(given, (CurrentPoint, IndicatorDataPoint)) or not hasattr(given, "open"):
            return call("indicator.update", self._handle, _engine.microseconds(given.end_time), float(given.value))
        numbers = [float(getattr(given, name, 0.0)) for name in ("open", "high", "low", "close", "volume")]
        times = [_engine.microseconds(given.time), _engine.microseconds(given.end_time)]
        return call("indicator.update_bar", self._handle, *times, *numbers)

    def reset(self):
        call("indicator.reset", self._handle)

    def __getattr__(self, name):
        # Named values of the indicator: `macd.signal`, `bb.upper_band`, in either spelling.
        if name.startswith("_"):
            raise AttributeError(name)
        if self._parts is None:
            found = _engine.ask("indicator.parts", self._handle)
            self._parts = {key: IndicatorBase(*part) for key, part in found.items()}
        part = self._parts.get(name.replace("_", "").lower())
        if part is None:
            raise AttributeError(f"the indicator {self.name} has no value named {name!r}")
        return part

    def __float__(self):
        return board[self._base + I_VALUE]

    def __repr__(self):
        return f"{board[self._base + I_VALUE]}"

    def to_detailed_string(self):
        return f"{self.name}: {self.current.value}"

    def __eq__(self, other):
        return self is other or (isinstance(other, (int, float)) and float(self) == other)

    def __hash__(self):
        return id(self)


def _plain(value):
    return value if isinstance(value, (int, float)) else float(value)


def _arithmetic(name):
    operation = getattr(float, name)

    def method(self, other):
        return operation(board[self._base + I_VALUE], _plain(other))

    return method


for _name in ("lt le gt ge add radd sub rsub mul rmul truediv rtruediv").split():
    setattr(IndicatorBase, f"__{_name}__", _arithmetic(f"__{_name}__"))
IndicatorBase.__neg__ = lambda self: -float(self)
IndicatorBase.__abs__ = lambda self: abs(float(self))
IndicatorBase.__round__ = lambda self, digits=None: round(float(self), digits)


class _History:
    """Earlier values by index, 0 the newest."""

    __slots__ = ("_indicator",)

    def __init__(self, indicator):
        self._indicator = indicator

    def __getitem__(self, back):
        return self._indicator[back]

    @property
    def size(self):
        return int(call("indicator.keep", self._indicator._handle, None))

    @size.setter
    def size(self, size):
        call("indicator.keep", self._indicator._handle, int(size))


#: Class name -> (helper of QCAlgorithm or None, parameters with their defaults: `...` is none, a text is the name of
#: the parameter whose value is taken).
_SIMPLE, _EXPONENTIAL, _WILDERS = MovingAverageType.SIMPLE, MovingAverageType.EXPONENTIAL, MovingAverageType.WILDERS
CATALOGUE = {
    "SimpleMovingAverage": ("sma", {"period": ...}),
    "ExponentialMovingAverage": ("ema", {"period": ..., "smoothing_factor": None}),
    "LinearWeightedMovingAverage": ("lwma", {"period": ...}),
    "WilderMovingAverage": ("wwma", {"period": ...}),
    "DoubleExponentialMovingAverage": ("dema", {"period": ...}),
    "TripleExponentialMovingAverage": ("tema", {"period": ...}),
    "RelativeStrengthIndex": ("rsi", {"period": ..., "moving_average_type": _WILDERS}),
    "MovingAverageConvergenceDivergence": (
        "macd",
        {"fast_period": ..., "slow_period": ..., "signal_period": ..., "moving_average_type": _EXPONENTIAL},
    ),
    "BollingerBands": ("bb", {"period": ..., "k": ..., "moving_average_type": _SIMPLE}),
    "AverageTrueRange": ("atr", {"period": ..., "moving_average_type": _SIMPLE}),
    "AverageDirectionalIndex": ("adx", {"period": ...}),
    "Stochastic": ("sto", {"period": ..., "k_period": "period", "d_period": 3}),
    "RateOfChange": ("roc", {"period": ...}),
    "RateOfChangePercent": ("rocp", {"period": ...}),
    "Momentum": ("mom", {"period": ...}),
    "CommodityChannelIndex": ("cci", {"period": ..., "moving_average_type": _SIMPLE}),
    "OnBalanceVolume": ("obv", {}),
    "VolumeWeightedAveragePriceIndicator": ("vwap", {"period": ...}),
    "Maximum": ("max", {"period": ...}),
    "Minimum": ("min", {"period": ...}),
    "StandardDeviation": ("std", {"period": ...}),
    "AroonOscillator": ("aroon", {"up_period": ..., "down_period": "up_period"}),
    "WilliamsPercentR": ("wilr", {"period": ...}),
    "KeltnerChannels": ("kch", {"period": ..., "k": ..., "moving_average_type": _SIMPLE}),
    "TrueRange": ("tr", {}),
    "DonchianChannel": ("dch", {"upper_period": ..., "lower_period": "upper_period"}),
    "Variance": ("var", {"period": ...}),
    "IntradayVwap": (None, {}),
    "Identity": ("identity", {}),
    "Delay": (None, {"period": ...}),
}

#: Types of which a helper's parameter may not be, so that a resolution in third place is seen as one.
_NUMERIC = {"period", "fast_period", "slow_period", "signal_period", "k", "smoothing_factor", "k_period", "d_period",
            "up_period", "down_period", "upper_period", "lower_period"}  # fmt: skip


def bind_arguments(kind, given, named):
    """Numbers for the engine from positional and keyword arguments; returns them and the positionals left over."""
    helper, parameters = CATALOGUE[kind]
    rest = list(given)
    values = []
    for name, default in parameters.items():
        if name in named:
            value = named.pop(name)
        elif rest and _fits(name, rest[0]):
            value = rest.pop(0)
        elif default is ...:
            raise TypeError(f"{helper or kind}() needs the argument {name!r}")
        else:
            value = values[list(parameters).index(default)] if isinstance(default, str) else default
        values.append(None if value is None else int(value) if isinstance(value, MovingAverageType) else value)
    return values, rest


def _fits(name, value):
    if name == "moving_average_type":
        return isinstance(value, MovingAverageType)
    return name in _NUMERIC and isinstance(value, (int, float)) and type(value) in (int, float)


def create(kind, name, values):
    """A handle on a new indicator that nothing feeds yet."""
    return _engine.ask("indicator.create", kind, name, json.dumps(values))


def _make_class(kind):
    def __init__(self, *given, **named):
        given = list(given)
        name = given.pop(0) if given and isinstance(given[0], str) else named.pop("name", None)
        values, rest = bind_arguments(kind, given, named)
        if rest or named:
            raise TypeError(f"{kind}() got arguments it does not know: {rest or sorted(named)}")
        self._adopt(*create(kind, name, values))

    return type(kind, (IndicatorBase,), {"__init__": __init__, "__slots__": (), "__module__": "AlgorithmImports"})


CLASSES = {kind: _make_class(kind) for kind in CATALOGUE}


def from_handle(kind, description):
    """An object of the class of `kind` for an indicator that the engine made."""
    made = CLASSES[kind].__new__(CLASSES[kind])
    made._adopt(*description)
    return made


@pascal
class PythonIndicator:
    """Base of indicators written in Python: `update(input)` sets `self.value` and says whether it is ready."""

    def __init__(self, name=""):
        self.name = name
        self.value = 0.0
        self.samples = 0
        self.time = None

    @property
    def current(self):
        return CurrentPoint(self.value, _engine.microseconds(self.time) if self.time else 0)

    is_ready = property(lambda self: self.samples > 0)

    def _feed(self, bar):
        self.samples += 1
        self.time = bar.end_time if isinstance(bar, BaseData) else None
        self.update(bar)


@pascal
class IndicatorExtensions:
    """Indicators of indicators."""

    @staticmethod
    def of(second, first, wait_for_first_to_be_ready=True):
        call("indicator.of", second._handle, first._handle, bool(wait_for_first_to_be_ready))
        return second

    @staticmethod
    def _combined(operation, left, right, name):
        other = right._handle if isinstance(right, IndicatorBase) else float(right)
        answer = _engine.ask("indicator.combine", operation, left._handle, other, isinstance(right, IndicatorBase))
        made = IndicatorBase(*answer)
        if name:
            made.name = name
        return made

    @staticmethod
    def plus(left, right, name=None):
        return IndicatorExtensions._combined("plus", left, right, name)

    @staticmethod
    def minus(left, right, name=None):
        return IndicatorExtensions._combined("minus", left, right, name)

    @staticmethod
    def times(left, right, name=None):
        return IndicatorExtensions._combined("times", left, right, name)

    @staticmethod
    def over(left, right, name=None):
        return IndicatorExtensions._combined("over", left, right, name)

    @staticmethod
    def sma(left, period, wait_for_first_to_be_ready=True):
        return IndicatorExtensions.of(CLASSES["SimpleMovingAverage"](period), left, wait_for_first_to_be_ready)

    @staticmethod
    def ema(left, period, smoothing_factor=None, wait_for_first_to_be_ready=True):
        made = CLASSES["ExponentialMovingAverage"](period, smoothing_factor=smoothing_factor)
        return IndicatorExtensions.of(made, left, wait_for_first_to_be_ready)
