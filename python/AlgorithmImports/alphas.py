"""Alpha models: they make insights."""

from . import _engine
from ._names import pascal
from .bars import TradeBar
from .enums import MovingAverageType, Resolution
from .indicators import CLASSES
from .insights import Insight, InsightDirection, resolution_span


@pascal
class AlphaModel:
    """Base of alpha models; own ones override `update` and, if they like, `on_securities_changed`."""

    name = ""

    def update(self, algorithm, data):
        return []

    def on_securities_changed(self, algorithm, changes):
        """Hears which securities came and went."""


@pascal
class NullAlphaModel(AlphaModel):
    """Expects nothing."""


@pascal
class CompositeAlphaModel(AlphaModel):
    """Several models, asked in order."""

    def __init__(self, *models):
        self._models = list(models)

    def add_alpha(self, model):
        self._models.append(model)

    def update(self, algorithm, data):
        from .framework import model_call

        found = []
        for model in self._models:
            for insight in model_call(model, "update", algorithm, data) or ():
                insight.source_model = insight.source_model or model_name(model)
                found.append(insight)
        return found

    def on_securities_changed(self, algorithm, changes):
        from .framework import model_call

        for model in self._models:
            model_call(model, "on_securities_changed", algorithm, changes)


def model_name(model):
    return getattr(model, "name", "") or getattr(model, "Name", "") or type(model).__name__


def _span_text(microseconds):
    """A span as .NET writes it, `[d.]hh:mm:ss[.fffffff]`: clients compare the names of models."""
    seconds, fraction = divmod(abs(microseconds), 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    sign = "-" if microseconds < 0 else ""
    return f"{sign}{f'{days}.' if days else ''}{clock}{f'.{fraction:06}0' if fraction else ''}"


def _number_text(value):
    """A number as .NET writes it: whole ones without a point."""
    text = str(value)
    return text.removesuffix(".0")


@pascal
class ConstantAlphaModel(AlphaModel):
    """The same insight for each security, again when the last one's period is over."""

    def __init__(self, type, direction, period, magnitude=None, confidence=None, weight=None):
        self._insight = (period, type, direction, magnitude, confidence, None, weight)
        self._period = _engine.span(period)
        self._securities = {}
        self._emitted = {}
        extra = "".join(f",{_number_text(value)}" for value in (magnitude, confidence) if value is not None)
        self.name = f"ConstantAlphaModel({type},{direction},{_span_text(self._period)}{extra})"

    def update(self, algorithm, data):
        now = _engine.microseconds(algorithm.utc_time)
        found = []
        for index, security in self._securities.items():
            if security.price != 0 and self._is_due(index, now):
                found.append(Insight(security.symbol, *self._insight))
        return found

    def _is_due(self, index, now):
        last = self._emitted.get(index)
        if last is not None and now - last < self._period:
            return False
        self._emitted[index] = now
        return True

    def on_securities_changed(self, algorithm, changes):
        for security in changes.added_securities:
            self._securities[security.symbol._index] = security
        for security in changes.removed_securities:
            self._securities.pop(security.symbol._index, None)
            self._emitted.pop(security.symbol._index, None)


class _Crossing:
    """Two averages of a security."""

    def __init__(self, algorithm, symbol, periods, resolution):
        self.symbol = symbol
        self.averages = [CLASSES["ExponentialMovingAverage"](period) for period in periods]
        self.consolidators = [algorithm.resolve_consolidator(symbol, resolution) for _ in periods]
        for average, consolidator in zip(self.averages, self.consolidators):
            algorithm.register_indicator(symbol, average, consolidator)
            algorithm.warm_up_indicator(symbol, average, resolution)
        self.is_fast_over_slow = False


@pascal
class EmaCrossAlphaModel(AlphaModel):
    """Up when the fast average crosses above the slow one, down when it crosses below."""

    def __init__(self, fast_period=12, slow_period=26, resolution=Resolution.DAILY):
        self._periods = (int(fast_period), int(slow_period))
        self._resolution = resolution
        self._span = resolution_span(resolution) * int(fast_period)
        self._crossings = {}
        self.name = f"EmaCrossAlphaModel({fast_period},{slow_period},{resolution})"

    def update(self, algorithm, data):
        found = []
        for crossing in self._crossings.values():
            fast, slow = crossing.averages
            if fast.is_ready and slow.is_ready:
                if crossing.is_fast_over_slow and slow > fast:
                    found.append(Insight.price(crossing.symbol, self._span, InsightDirection.DOWN))
                elif not crossing.is_fast_over_slow and fast > slow:
                    found.append(Insight.price(crossing.symbol, self._span, InsightDirection.UP))
            crossing.is_fast_over_slow = fast > slow
        return found

    def on_securities_changed(self, algorithm, changes):
        for security in changes.added_securities:
            index = security.symbol._index
            if index in self._crossings:
                for average in self._crossings[index].averages:
                    average.reset()
            else:
                self._crossings[index] = _Crossing(algorithm, security.symbol, self._periods, self._resolution)
        for security in changes.removed_securities:
            crossing = self._crossings.pop(security.symbol._index, None)
            for average in crossing.averages if crossing is not None else ():
                algorithm.deregister_indicator(average)


class _Strength:
    """The relative strength of a security, and where it was."""

    def __init__(self, algorithm, symbol, period, resolution):
        self.symbol = symbol
        self.rsi = CLASSES["RelativeStrengthIndex"](period, MovingAverageType.WILDERS)
        algorithm.register_indicator(symbol, self.rsi, algorithm.resolve_consolidator(symbol, resolution))
        # As many bars as its period, which leaves it one short of being ready.
        for bar in algorithm.history(TradeBar, symbol, period, resolution):
            self.rsi.update(bar.end_time, bar.close)
        self.state = "middle"


@pascal
class RsiAlphaModel(AlphaModel):
    """Up when the relative strength falls below 30, down when it rises above 70; armed again past 35 and 65."""

    def __init__(self, period=14, resolution=Resolution.DAILY):
        self._period = int(period)
        self._resolution = resolution
        self._span = resolution_span(resolution) * int(period)
        self._strengths = {}
        self.name = f"RsiAlphaModel({period},{resolution})"

    def update(self, algorithm, data):
        found = []
        for strength in self._strengths.values():
            before, strength.state = strength.state, self._state(float(strength.rsi), strength.state)
            if strength.state == before or not strength.rsi.is_ready:
                continue
            if strength.state == "low":
                found.append(Insight.price(strength.symbol, self._span, InsightDirection.UP))
            elif strength.state == "high":
                found.append(Insight.price(strength.symbol, self._span, InsightDirection.DOWN))
        return found

    @staticmethod
    def _state(value, before):
        if value > 70:
            return "high"
        if value < 30:
            return "low"
        if (before == "low" and value > 35) or (before == "high" and value < 65):
            return "middle"
        return before

    def on_securities_changed(self, algorithm, changes):
        for security in changes.removed_securities:
            strength = self._strengths.pop(security.symbol._index, None)
            if strength is not None:
                algorithm.deregister_indicator(strength.rsi)
        for security in changes.added_securities:
            index = security.symbol._index
            if index not in self._strengths:
                self._strengths[index] = _Strength(algorithm, security.symbol, self._period, self._resolution)
