"""Market data as algorithms receive it: small objects that stay as they were when they were handed out."""

from . import _engine
from ._engine import moment
from ._names import pascal
from datetime import timedelta
from .enums import DelistingType, MarketDataType, SplitType

_ZERO = timedelta(0)


@pascal
class Bar:
    """Open, high, low and close of one side."""

    __slots__ = ("open", "high", "low", "close")

    def __init__(self, open=0.0, high=0.0, low=0.0, close=0.0):
        self.open = open
        self.high = high
        self.low = low
        self.close = close

    def __repr__(self):
        return f"O: {self.open} H: {self.high} L: {self.low} C: {self.close}"


@pascal
class BaseData:
    """A value of a symbol over a span of time; times are kept as microseconds and made datetimes when read."""

    __slots__ = ("symbol", "_start", "_end", "_value", "is_fill_forward")
    data_type = MarketDataType.BASE

    def __init__(self, symbol=None, start=0.0, end=0.0, value=0.0):
        self.symbol = symbol
        self._start = start
        self._end = end
        self._value = value
        self.is_fill_forward = False

    time = property(lambda self: moment(self._start), lambda self, when: self._set_time(when))
    end_time = property(lambda self: moment(self._end), lambda self, when: self._set_end(when))
    value = property(lambda self: self._value, lambda self, value: self._set_value(value))
    price = value

    @property
    def period(self):
        return timedelta(microseconds=self._end - self._start)

    def _set_time(self, when):
        self._start = _engine.microseconds(when)

    def _set_end(self, when):
        self._end = _engine.microseconds(when)

    def _set_value(self, value):
        self._value = value


@pascal
class TradeBar(BaseData):
    __slots__ = ("open", "high", "low", "close", "volume")
    data_type = MarketDataType.TRADE_BAR

    def __init__(self, time=None, symbol=None, open=0.0, high=0.0, low=0.0, close=0.0, volume=0.0, period=None):
        start = 0.0 if time is None else _engine.microseconds(time)
        self.symbol = symbol
        self._start = start
        self._end = start + (_engine.span(period) if period is not None else 60_000_000)
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
        self.is_fill_forward = False

    value = property(lambda self: self.close, lambda self, value: setattr(self, "close", value))
    price = value

    def __repr__(self):
        return f"{self.symbol}: O: {self.open} H: {self.high} L: {self.low} C: {self.close} V: {self.volume}"


@pascal
class QuoteBar(BaseData):
    __slots__ = ("bid", "ask", "last_bid_size", "last_ask_size")
    data_type = MarketDataType.QUOTE_BAR

    def __init__(self, symbol=None, start=0.0, end=0.0, bid=None, ask=None):
        self.symbol = symbol
        self._start = start
        self._end = end
        self.bid = bid
        self.ask = ask
        self.last_bid_size = self.last_ask_size = 0.0
        self.is_fill_forward = False

    def _middle(self, name):
        sides = [getattr(side, name) for side in (self.bid, self.ask) if side is not None]
        sides = [value for value in sides if value != 0]
        return sum(sides) / len(sides) if sides else 0.0

    open = property(lambda self: self._middle("open"))
    high = property(lambda self: self._middle("high"))
    low = property(lambda self: self._middle("low"))
    close = property(lambda self: self._middle("close"))
    value = close
    price = close

    def __repr__(self):
        return f"{self.symbol}: Bid: {self.bid!r} Ask: {self.ask!r}"


@pascal
class RenkoBar(TradeBar):
    __slots__ = ("brick_size", "direction", "is_closed")


@pascal
class Dividend(BaseData):
    __slots__ = ("distribution", "reference_price")
    data_type = MarketDataType.AUXILIARY

    def __repr__(self):
        return f"{self.symbol}: dividend {self.distribution}"


@pascal
class Split(BaseData):
    __slots__ = ("split_factor", "reference_price", "type")
    data_type = MarketDataType.AUXILIARY

    def __repr__(self):
        return f"{self.symbol}: split {self.split_factor} ({self.type})"


@pascal
class Delisting(BaseData):
    __slots__ = ("type", "ticket")
    data_type = MarketDataType.AUXILIARY

    def __repr__(self):
        return f"{self.symbol}: {self.type}"


@pascal
class SymbolChangedEvent(BaseData):
    __slots__ = ("old_symbol", "new_symbol")
    data_type = MarketDataType.AUXILIARY


@pascal
class IndicatorDataPoint(BaseData):
    """A value of an indicator at a time."""

    __slots__ = ()

    def __init__(self, *arguments):
        # (value) · (time, value) · (symbol, time, value)
        value = arguments[-1] if arguments else 0.0
        when = _engine.microseconds(arguments[-2]) if len(arguments) > 1 else 0.0
        super().__init__(arguments[0] if len(arguments) > 2 else None, when, when, float(value))

    def __float__(self):
        return float(self._value)

    def __repr__(self):
        return f"{self.end_time} - {self._value}"


def trade_bar(symbol, values):
    """From [start, end, open, high, low, close, volume], times in local microseconds."""
    bar = TradeBar.__new__(TradeBar)
    bar.symbol = symbol
    bar._start, bar._end, bar.open, bar.high, bar.low, bar.close, bar.volume = values[:7]
    bar.is_fill_forward = False
    return bar


def corporate_event(kind, symbol, time, values):
    """A dividend, split, delisting or rename from the engine's description of it."""
    made = {"dividend": Dividend, "split": Split, "delisting": Delisting, "rename": SymbolChangedEvent}[kind](
        symbol, time, time
    )
    for name, value in values.items():
        setattr(made, name, value)
    if kind == "split":
        made.type = SplitType(made.type)
    if kind == "delisting":
        made.type = DelistingType(made.type)
        made.ticket = None
    return made
