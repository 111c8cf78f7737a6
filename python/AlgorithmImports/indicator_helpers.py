"""QCAlgorithm's indicator helpers: `self.sma(symbol, 20)` creates an indicator and has the engine feed it."""

import json
from datetime import timedelta

from . import _engine
from ._engine import call
from .consolidators import _Consolidator
from .enums import Resolution
from .indicators import CATALOGUE, IndicatorBase, PythonIndicator, bind_arguments, from_handle
from .symbols import index_of


def _feed(resolution):
    """How often the engine feeds: None, a resolution or a span in microseconds, as a kind and a number."""
    if resolution is None:
        return "every", 0.0
    if isinstance(resolution, timedelta):
        return "period", float(_engine.span(resolution))
    if isinstance(resolution, _Consolidator):
        if resolution._operation != "consolidator.add_period":
            raise ValueError("an indicator can be fed by a TradeBarConsolidator only")
        return resolution._arguments
    return "resolution", float(int(resolution))


def _selector(function):
    return None if function is None else _engine.register(lambda bar: float(function(bar)))


def _pop(rest, named, name, wanted):
    if name in named:
        return named.pop(name)
    if rest and (rest[0] is None or wanted(rest[0])):
        return rest.pop(0)
    return None


def _helper(kind):
    helper = CATALOGUE[kind][0]

    def method(self, symbol, *given, **named):
        values, rest = bind_arguments(kind, given, named)
        resolution = _pop(rest, named, "resolution", lambda item: isinstance(item, (Resolution, timedelta)))
        selector = _pop(rest, named, "selector", callable)
        if rest or named:
            raise TypeError(f"{helper}() got arguments it does not know: {rest or sorted(named)}")
        answer = _engine.ask(
            "indicator.helper", kind, index_of(symbol), json.dumps(values), *_feed(resolution), _selector(selector)
        )
        return from_handle(kind, answer)

    method.__name__ = helper or kind
    method.__doc__ = f"{kind} of a symbol: {', '.join(CATALOGUE[kind][1])}, resolution, selector."
    return method


class IndicatorHelpers:
    """Part of QCAlgorithm."""

    def register_indicator(self, symbol, indicator, resolution=None, selector=None):
        if isinstance(indicator, PythonIndicator):
            number = _engine.register(indicator._feed)
            return call("indicator.register_callback", index_of(symbol), number, *_feed(resolution))
        if not isinstance(indicator, IndicatorBase):
            raise TypeError(f"an indicator was expected, not {type(indicator).__name__}")
        return call(
            "indicator.register", index_of(symbol), indicator._handle, *_feed(resolution), _selector(selector)
        )

    def deregister_indicator(self, indicator):
        call("indicator.deregister", indicator._handle)

    unregister_indicator = deregister_indicator

    def warm_up_indicator(self, symbol, indicator, resolution=None, selector=None):
        call("indicator.warm_up", index_of(symbol), indicator._handle, *_feed(resolution))

    def plot_indicator(self, chart, *indicators):
        wait = True
        if indicators and isinstance(indicators[0], bool):
            wait, *indicators = indicators
        handles = [indicator._handle for indicator in indicators]
        call("chart.plot_indicator", str(chart), wait, json.dumps(handles))


for _kind, (_name, _) in CATALOGUE.items():
    if _name is not None:
        setattr(IndicatorHelpers, _name, _helper(_kind))
IndicatorHelpers.wma = IndicatorHelpers.lwma
_windowed_vwap, _intraday_vwap = IndicatorHelpers.vwap, _helper("IntradayVwap")


def _vwap(self, symbol, *given, **named):
    """With a period the average of so many bars, without one that of the day so far."""
    if "period" in named or (given and type(given[0]) is int):
        return _windowed_vwap(self, symbol, *given, **named)
    return _intraday_vwap(self, symbol, *given, **named)


IndicatorHelpers.vwap = _vwap
IndicatorHelpers.identity = _helper("Identity")
for _short in "sma ema lwma wma wwma dema tema rsi macd bb atr adx sto roc rocp mom cci obv vwap max min std var aroon wilr kch tr dch".split():
    setattr(IndicatorHelpers, _short.upper(), getattr(IndicatorHelpers, _short))
