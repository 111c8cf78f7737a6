"""When scheduled events fire: rules for dates and times, described for the engine."""

import json
from datetime import time, timedelta

from . import _engine
from ._names import pascal
from .symbols import index_of


class _Rule:
    """A rule's name for the engine and its numbers."""

    __slots__ = ("description",)

    def __init__(self, *description):
        self.description = description

    def __call__(self):
        # `date_rules.today` and `time_rules.midnight` are written with and without parentheses.
        return self


def _symbol(symbol):
    return None if symbol is None else index_of(symbol)


def _named(symbol, number):
    """Overloads: (days_offset) or (symbol, days_offset)."""
    return (None, symbol) if isinstance(symbol, int) else (_symbol(symbol), number)


@pascal
class DateRules:
    __slots__ = ()

    today = property(lambda self: _Rule("today"))
    tomorrow = property(lambda self: _Rule("tomorrow"))

    def every_day(self, symbol=None, extended_market_hours=False):
        return _Rule("every_day", _symbol(symbol))

    def every(self, *days):
        return _Rule("every", *(int(day) for day in days))

    def on(self, *when):
        """(year, month, day), or dates."""
        if len(when) == 3 and all(isinstance(part, int) for part in when):
            return _Rule("on", f"{when[0]:04d}-{when[1]:02d}-{when[2]:02d}")
        dates = when[0] if len(when) == 1 and isinstance(when[0], (list, tuple)) else when
        return _Rule("on", *(f"{day.year:04d}-{day.month:02d}-{day.day:02d}" for day in dates))

    def month_start(self, symbol=None, days_offset=0):
        return _Rule("month_start", *_named(symbol, days_offset))

    def month_end(self, symbol=None, days_offset=0):
        return _Rule("month_end", *_named(symbol, days_offset))

    def week_start(self, symbol=None, days_offset=0):
        return _Rule("week_start", *_named(symbol, days_offset))

    def week_end(self, symbol=None, days_offset=0):
        return _Rule("week_end", *_named(symbol, days_offset))


def _seconds(span):
    return span.total_seconds()


@pascal
class TimeRules:
    __slots__ = ()

    now = property(lambda self: _Rule("now"))
    midnight = property(lambda self: _Rule("at", 0.0))
    noon = property(lambda self: _Rule("at", 43_200.0))

    def at(self, *when):
        """(hour, minute[, second]) or a timedelta or time of day, in the algorithm's time zone."""
        first = when[0]
        if isinstance(first, timedelta):
            return _Rule("at", _seconds(first))
        if isinstance(first, time):
            return _Rule("at", float(first.hour * 3600 + first.minute * 60 + first.second))
        numbers = [part for part in when if isinstance(part, (int, float))]
        hour, minute, second = (numbers + [0, 0])[:3]
        return _Rule("at", float(hour * 3600 + minute * 60 + second))

    def every(self, interval):
        return _Rule("every", _seconds(interval))

    def after_market_open(self, symbol, minutes_after_open=0, extended_market_open=False):
        return _Rule("after_market_open", index_of(symbol), float(minutes_after_open), bool(extended_market_open))

    def before_market_close(self, symbol, minutes_before_close=0, extended_market_close=False):
        return _Rule("before_market_close", index_of(symbol), float(minutes_before_close), bool(extended_market_close))

    def before_market_open(self, symbol, minutes_before_open=0, extended_market_open=False):
        return _Rule("after_market_open", index_of(symbol), -float(minutes_before_open), bool(extended_market_open))

    def after_market_close(self, symbol, minutes_after_close=0, extended_market_close=False):
        return _Rule("before_market_close", index_of(symbol), -float(minutes_after_close), bool(extended_market_close))


@pascal
class ScheduledEvent:
    __slots__ = ("_handle", "name")

    def __init__(self, handle, name):
        self._handle = handle
        self.name = name


def _takes_arguments(function):
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    bound = 1 if getattr(function, "__self__", None) is not None else 0
    return code.co_argcount - bound - len(getattr(function, "__defaults__", None) or ()) > 0


@pascal
class ScheduleManager:
    __slots__ = ()

    def on(self, *arguments):
        """([name,] date_rule, time_rule, callback)."""
        name = arguments[0] if isinstance(arguments[0], str) else ""
        dates, times, callback = arguments[1:4] if name else arguments[0:3]
        if _takes_arguments(callback):
            wanted = callback
            callback = lambda: wanted(name, _engine.utc_time())  # noqa: E731
        handle = _engine.call(
            "schedule.on",
            name,
            json.dumps(dates.description),
            json.dumps(times.description),
            _engine.register(callback),
        )
        return ScheduledEvent(handle, name)

    def remove(self, event):
        _engine.call("schedule.remove", event._handle)
