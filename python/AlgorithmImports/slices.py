"""What `on_data` receives. Bars are built when they are first touched, and then stay as they are."""

from . import _engine
from ._engine import board, moment
from ._names import pascal
from .bars import Bar, QuoteBar, TradeBar, corporate_event
from .symbols import Symbol, find_symbol, symbol_of

# Offsets, set by bind.
SLICE_TIME = UTC_TIME = SLICE_HAS_DATA = SLICE_HAS_EVENTS = 0
S_BAR = S_BAR_TIME = 0
S_QUOTE = S_QUOTE_TIME = S_QUOTE_END_TIME = S_BID_OPEN = S_ASK_OPEN = S_BID_SIZE = S_ASK_SIZE = 0

#: Start of each security's block on the board by the symbol's index, in order of subscription.
blocks = {}


_new = TradeBar.__new__


def _trade_at(index, base):
    kind = board[base + S_BAR]
    if kind == 0.0:
        return None
    start = base + S_BAR_TIME
    bar = _new(TradeBar)
    bar.symbol = symbol_of(index)
    bar._start, bar._end, bar.open, bar.high, bar.low, bar.close, bar.volume = board[start : start + 7]
    bar.is_fill_forward = kind == 2.0
    return bar


def _quote_at(index, base):
    flags = int(board[base + S_QUOTE])
    if flags == 0:
        return None
    bid = Bar(*board[base + S_BID_OPEN : base + S_BID_OPEN + 4]) if flags & 4 else None
    ask = Bar(*board[base + S_ASK_OPEN : base + S_ASK_OPEN + 4]) if flags & 8 else None
    bar = QuoteBar(symbol_of(index), board[base + S_QUOTE_TIME], board[base + S_QUOTE_END_TIME], bid, ask)
    bar.is_fill_forward = bool(flags & 2)
    bar.last_bid_size = board[base + S_BID_SIZE]
    bar.last_ask_size = board[base + S_ASK_SIZE]
    return bar


def _bar_at(index, base):
    return _trade_at(index, base) or _quote_at(index, base)


@pascal
class KeyValuePair(tuple):
    """An entry of a dictionary of LEAN's: unpacks as a pair, and has `key` and `value`."""

    __slots__ = ()
    key = property(lambda self: self[0])
    value = property(lambda self: self[1])


@pascal
class DataDictionary:
    """A read-only mapping of symbols to data; tickers do as keys, too."""

    __slots__ = ("_found",)

    def __init__(self, found):
        self._found = found

    def _entries(self):
        return self._found

    def _value(self, key):
        symbol = find_symbol(key)
        return None if symbol is None else self._entries().get(symbol._index)

    def __getitem__(self, key):
        value = self._value(key)
        if value is None:
            raise KeyError(f"'{key}' wasn't found in the slice; check with contains_key or `in` first")
        return value

    def get(self, key, default=None):
        value = self._value(key)
        return default if value is None else value

    get_value = get

    def try_get_value(self, key, default=None):
        value = self._value(key)
        return value is not None, value

    def contains_key(self, key):
        return self._value(key) is not None

    __contains__ = contains_key

    def keys(self):
        return [symbol_of(index) for index in self._entries()]

    def values(self):
        return list(self._entries().values())

    def items(self):
        return [KeyValuePair((symbol_of(index), value)) for index, value in self._entries().items()]

    def __iter__(self):
        return iter(self.items())

    def __len__(self):
        return len(self._entries())

    count = property(__len__)

    def __bool__(self):
        return bool(self._entries())

    def __repr__(self):
        return "{" + ", ".join(f"{key}: {value!r}" for key, value in self.items()) + "}"


class _LazyDictionary(DataDictionary):
    """Builds each value from the board when it is first asked for; `_close` builds the rest."""

    __slots__ = ("_build", "_missing")

    def __init__(self, build):
        self._found = {}
        self._build = build
        # Blocks that were not looked at yet; None once all were.
        self._missing = True

    def _clear(self):
        self._found.clear()
        self._missing = True

    def _entries(self):
        if self._missing:
            found = {}
            for index, base in blocks.items():
                value = self._found.get(index) or self._build(index, base)
                if value is not None:
                    found[index] = value
            self._found = found
            self._missing = False
        return self._found

    def _value(self, key):
        symbol = key if type(key) is Symbol else find_symbol(key)
        if symbol is None:
            return None
        index = symbol._index
        value = self._found.get(index)
        if value is None and self._missing:
            base = blocks.get(index)
            if base is not None:
                value = self._build(index, base)
                if value is not None:
                    self._found[index] = value
        return value


_NO_EVENTS = {"dividend": {}, "split": {}, "delisting": {}, "rename": {}}


@pascal
class Slice:
    __slots__ = ("_time", "_utc", "_bars", "_quotes", "_all", "_events", "_has_data", "_touched")

    def __init__(self):
        self._all = None
        self._reset()

    def _reset(self):
        self._time = self._utc = self._bars = self._quotes = self._events = self._has_data = None
        self._touched = False
        # Never handed out, so the same one serves again.
        if self._all is not None:
            self._all._clear()

    def _close(self):
        """Takes everything off the board, because the user keeps this slice."""
        self._time, self._utc, self._has_data = self.time, self.utc_time, self.has_data
        for part in (self.bars, self.quote_bars, self._any()):
            part._entries()
        self._event_table()

    @property
    def time(self):
        return moment(board[SLICE_TIME]) if self._time is None else self._time

    @property
    def utc_time(self):
        return moment(board[UTC_TIME]) if self._utc is None else self._utc

    @property
    def has_data(self):
        return board[SLICE_HAS_DATA] != 0.0 if self._has_data is None else self._has_data

    @property
    def bars(self):
        if self._bars is None:
            self._touched = True
            self._bars = _LazyDictionary(_trade_at)
        return self._bars

    @property
    def quote_bars(self):
        if self._quotes is None:
            self._touched = True
            self._quotes = _LazyDictionary(_quote_at)
        return self._quotes

    def _any(self):
        if self._all is None:
            self._all = _LazyDictionary(_bar_at)
        self._touched = True
        return self._all

    def _event_table(self):
        if self._events is None:
            self._touched = True
            self._events = _NO_EVENTS
            if board[SLICE_HAS_EVENTS] != 0.0:
                self._events = {"dividend": {}, "split": {}, "delisting": {}, "rename": {}}
                for kind, index, time, values in _engine.ask("slice.events"):
                    self._events[kind][index] = corporate_event(kind, symbol_of(index), time, values)
        return self._events

    dividends = property(lambda self: DataDictionary(self._event_table()["dividend"]))
    splits = property(lambda self: DataDictionary(self._event_table()["split"]))
    delistings = property(lambda self: DataDictionary(self._event_table()["delisting"]))
    symbol_changed_events = property(lambda self: DataDictionary(self._event_table()["rename"]))
    ticks = property(lambda self: DataDictionary({}))
    option_chains = property(lambda self: DataDictionary({}))
    futures_chains = property(lambda self: DataDictionary({}))
    future_chains = property(lambda self: DataDictionary({}))

    def __getitem__(self, key):
        value = self._any()._value(key)
        if value is not None:
            return value
        symbol = find_symbol(key)
        if symbol is not None and any(symbol._index in table for table in self._event_table().values()):
            return None
        raise KeyError(f"'{key}' wasn't found in the slice; check with contains_key or `in` first")

    def get(self, key, default=None):
        if isinstance(key, type):
            name = {"TradeBar": "bars", "QuoteBar": "quote_bars", "Dividend": "dividends", "Split": "splits"}
            return getattr(self, name[key.__name__])
        value = self._any()._value(key)
        return default if value is None else value

    def contains_key(self, key):
        return self._any()._value(key) is not None

    __contains__ = contains_key

    def keys(self):
        return self._any().keys()

    def values(self):
        return self._any().values()

    def items(self):
        return self._any().items()

    all_data = property(values)
    count = property(lambda self: len(self._any()))

    def __iter__(self):
        return iter(self._any())

    def __len__(self):
        return len(self._any())

    def __bool__(self):
        return True
