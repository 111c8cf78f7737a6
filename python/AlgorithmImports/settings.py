"""The settings of an algorithm and the charts it adds."""

from datetime import timedelta

from . import _engine
from ._names import pascal
from .enums import SeriesType


def _setting(name):
    return property(
        lambda self: _engine.call("settings.get", name),
        lambda self, value: _engine.call("settings.set", name, float(value)),
    )


@pascal
class AlgorithmSettings:
    __slots__ = ()

    free_portfolio_value_percentage = _setting("free_portfolio_value_percentage")
    free_portfolio_value = _setting("free_portfolio_value")
    minimum_order_margin_portfolio_percentage = _setting("minimum_order_margin_portfolio_percentage")
    liquidate_enabled = _setting("liquidate_enabled")
    daily_precise_end_time = _setting("daily_precise_end_time")
    stale_price_time_span = property(
        lambda self: timedelta(seconds=_engine.call("settings.get", "stale_price_seconds")),
        lambda self, span: _engine.call("settings.set", "stale_price_seconds", span.total_seconds()),
    )


@pascal
class Series:
    def __init__(self, name, series_type=SeriesType.LINE, *given, unit="$", index=0):
        self.name = name
        self.series_type = SeriesType(series_type)
        self.unit = unit
        self.index = index
        for value in given:
            if isinstance(value, int):
                self.index = value
            elif isinstance(value, str):
                self.unit = value


@pascal
class Chart:
    def __init__(self, name):
        self.name = name
        self.series = {}

    def add_series(self, series):
        self.series[series.name] = series
