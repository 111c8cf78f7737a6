"""`history` in its overloads."""

from datetime import date, timedelta

from . import _engine
from .bars import TradeBar, trade_bar
from .enums import Resolution
from .frame import history_frame
from .symbols import Symbol, to_symbol


def _is_symbols(value):
    return isinstance(value, (Symbol, str, list, tuple)) or hasattr(value, "symbol")


class History:
    """`history(symbols, …)` gives a table; `history[TradeBar](symbol, …)` and `history(TradeBar, symbol, …)` bars."""

    __slots__ = ()

    def __getitem__(self, kind):
        return lambda *given, **named: self(kind, *given, **named)

    def __call__(self, *given, **named):
        rest = list(given)
        kind = rest.pop(0) if rest and isinstance(rest[0], type) else named.pop("type", None)
        if kind is not None and kind is not TradeBar:
            raise ValueError(f"history of {kind.__name__} is not supported: only TradeBar")
        chosen = rest.pop(0) if rest and _is_symbols(rest[0]) else self._named_symbols(named)
        if chosen is None:
            chosen = list(_engine.algorithm.securities.keys())
        single = not isinstance(chosen, (list, tuple))
        symbols = [to_symbol(item) for item in ([chosen] if single else chosen)]
        rows = self._rows(symbols, rest, named)
        if kind is None:
            return history_frame(rows, symbols)
        bars = [(row[0], trade_bar(symbols[row[0]], row[1:])) for row in rows]
        return [bar for _, bar in bars] if single else [{symbols[place]: bar} for place, bar in bars]

    def _named_symbols(self, named):
        for name in ("symbol", "symbols", "tickers"):
            if name in named:
                return named.pop(name)
        return None

    def _rows(self, symbols, rest, named):
        resolution = named.pop("resolution", None)
        numbers = [item for item in rest if not isinstance(item, Resolution)]
        for item in rest:
            if isinstance(item, Resolution):
                resolution = item
        first = numbers[0] if numbers else named.get("periods", named.get("span", named.get("start")))
        last = numbers[1] if len(numbers) > 1 else named.get("end")
        if isinstance(first, timedelta):
            wanted = ("span", _engine.span(first), None)
        elif isinstance(first, date):
            wanted = ("range", _engine.microseconds(first), None if last is None else _engine.microseconds(last))
        elif isinstance(first, int):
            wanted = ("count", first, None)
        else:
            raise TypeError("history() needs a number of bars, a timedelta, or a start and an end")
        indexes = ",".join(str(symbol._index) for symbol in symbols)
        return _engine.ask("history", f"[{indexes}]", *wanted, None if resolution is None else int(resolution))
