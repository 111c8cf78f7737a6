"""Insights: what an alpha model expects of a security, until when."""

import hashlib
import json
from datetime import datetime, timedelta

from . import _engine
from ._names import lean_enum, pascal
from .enums import Resolution
from .symbols import to_symbol

InsightType = lean_enum("InsightType", "PRICE=0 VOLATILITY")
InsightDirection = lean_enum("InsightDirection", "DOWN=-1 FLAT UP")
PortfolioBias = lean_enum("PortfolioBias", "SHORT=-1 LONG_SHORT LONG")

_SPANS = {Resolution.TICK: 1, Resolution.SECOND: 1, Resolution.MINUTE: 60, Resolution.HOUR: 3600, Resolution.DAILY: 86_400}
_SECOND = timedelta(seconds=1)


def resolution_span(resolution):
    """Length of a bar."""
    return timedelta(seconds=_SPANS[Resolution(int(resolution))])


def _order_of_numbers(given):
    """LEAN's trailing arguments: magnitude, confidence, source model, weight, tag. A lone text is the tag."""
    if len(given) == 1 and isinstance(given[0], str):
        return {"tag": given[0]}
    return dict(zip(("magnitude", "confidence", "source_model", "weight", "tag"), given))


@pascal
class Insight:
    """(symbol, period or function, type, direction, [magnitude, confidence, source model, weight, tag])."""

    __slots__ = (
        "id", "group_id", "symbol", "type", "direction", "magnitude", "confidence", "weight", "source_model", "tag",
        "reference_value", "_period", "_generated", "_close", "_number",
    )  # fmt: skip
    _made = 0

    def __init__(self, symbol, period, type, direction, *given, **named):
        rest = {**_order_of_numbers(given), **named}
        Insight._made += 1
        self._number = Insight._made
        self.id = hashlib.md5(f"insight {Insight._made}".encode(), usedforsecurity=False).hexdigest()
        self.group_id = None
        self.symbol = to_symbol(symbol)
        self.type = InsightType(int(type))
        self.direction = InsightDirection(int(direction))
        for name in ("magnitude", "confidence", "weight"):
            value = rest.get(name)
            setattr(self, name, None if value is None else float(value))
        self.source_model = rest.get("source_model") or ""
        self.tag = rest.get("tag") or ""
        self.reference_value = 0.0
        self._period = period
        self._generated = self._close = None
        if isinstance(period, timedelta) and period < _SECOND:
            raise ValueError("an insight's period must be at least a second")

    @staticmethod
    def price(symbol, period, *given, **named):
        """(symbol, timedelta, direction, …), (symbol, resolution, bars, direction, …), (symbol, end, direction, …)."""
        rest = list(given)
        if isinstance(period, Resolution):
            count = rest.pop(0) if rest else named.pop("bar_count")
            if count < 1:
                raise ValueError("an insight needs at least one bar")
            period = resolution_span(period) * count
        direction = rest.pop(0) if rest else named.pop("direction")
        return Insight(symbol, period, InsightType.PRICE, direction, *rest, **named)

    @staticmethod
    def group(*insights):
        """Insights that belong together, as a list."""
        chosen = list(insights[0]) if len(insights) == 1 and isinstance(insights[0], (list, tuple)) else list(insights)
        for insight in chosen:
            insight.group_id = hashlib.md5(f"group {chosen[0]._number}".encode(), usedforsecurity=False).hexdigest()
        return chosen

    generated_time_utc = property(lambda self: None if self._generated is None else _engine.moment(self._generated))
    close_time_utc = property(lambda self: None if self._close is None else _engine.moment(self._close))

    @property
    def period(self):
        if self._generated is None or self._close is None or isinstance(self._period, timedelta):
            return self._period
        return timedelta(microseconds=self._close - self._generated)

    def is_expired(self, utc_time):
        return self._close < _engine.microseconds(utc_time)

    def is_active(self, utc_time):
        return not self.is_expired(utc_time)

    def expire(self, utc_time):
        """Ends it a second before a time, if it is still active then."""
        at = _engine.microseconds(utc_time)
        if self._close >= at:
            self._close = at - 1_000_000
            self._period = timedelta(microseconds=self._close - self._generated)
            _engine.call("insight.close", self.id, float(self._close))

    cancel = expire

    def _start(self, utc, model):
        """Takes effect now: when it ends, and the record of it."""
        index = self.symbol._index
        self._generated = utc
        self.source_model = self.source_model or model
        self._close = int(self._end(index, utc))
        if self._close < utc:
            raise ValueError("an insight must not end before it begins")
        record = {
            "index": index, "id": self.id, "groupId": self.group_id, "sourceModel": self.source_model,
            "type": str(self.type).lower(), "direction": str(self.direction).lower(), "magnitude": self.magnitude,
            "confidence": self.confidence, "weight": self.weight, "tag": self.tag, "generated": utc,
            "close": self._close, "span": self.period // timedelta(microseconds=1),
        }  # fmt: skip
        _engine.call("insight.emit", json.dumps(record))

    def _end(self, index, utc):
        period = self._period
        if isinstance(period, timedelta):
            return _engine.call("insight.close_time", index, float(utc), float(_engine.span(period)))
        if callable(period):
            period = period(_engine.moment(_engine.call("insight.to_exchange", index, float(utc))))
        if not isinstance(period, datetime):
            raise TypeError("an insight's period is a timedelta, a datetime or a function of a datetime")
        return _engine.call("insight.open_at", index, float(_engine.microseconds(period)))

    def __repr__(self):
        return f"{self.id}: {self.symbol} {self.type} {self.direction} within {self.period}"


@pascal
class InsightManager:
    """All insights that were emitted and are not removed yet."""

    __slots__ = ("_insights",)

    def __init__(self):
        self._insights = []

    count = property(lambda self: len(self._insights))

    def __iter__(self):
        return iter(list(self._insights))

    def __len__(self):
        return len(self._insights)

    def add(self, insight):
        self._insights.append(insight)

    def add_range(self, insights):
        self._insights.extend(insights)

    def get_insights(self, wanted=None):
        return [insight for insight in self._insights if wanted is None or wanted(insight)]

    def get_active_insights(self, utc_time):
        at = _engine.microseconds(utc_time)
        return [insight for insight in self._insights if insight._close >= at]

    def has_active_insights(self, symbol, utc_time):
        wanted = to_symbol(symbol)
        return any(insight.symbol == wanted for insight in self.get_active_insights(utc_time))

    def contains_key(self, symbol):
        wanted = to_symbol(symbol)
        return any(insight.symbol == wanted for insight in self._insights)

    __contains__ = contains_key

    def remove_expired_insights(self, utc_time):
        at = _engine.microseconds(utc_time)
        expired = [insight for insight in self._insights if insight._close < at]
        if expired:
            self._insights = [insight for insight in self._insights if insight._close >= at]
        return expired

    def get_next_expiry_time(self):
        """When the first of them ends; None without any."""
        if not self._insights:
            return None
        return _engine.moment(min(insight._close for insight in self._insights))

    def expire(self, symbols):
        """Ends the active insights of symbols now."""
        wanted = {to_symbol(symbol)._index for symbol in symbols}
        now = _engine.utc_time()
        for insight in self._insights:
            if insight.symbol._index in wanted:
                insight.expire(now)

    cancel = expire

    def clear(self, symbols):
        wanted = {to_symbol(symbol)._index for symbol in symbols}
        self._insights = [insight for insight in self._insights if insight.symbol._index not in wanted]
