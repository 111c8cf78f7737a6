"""Portfolio construction models: they make target holdings of insights."""

from datetime import timedelta

from . import _engine
from ._names import pascal
from .enums import Resolution
from .insights import InsightDirection, PortfolioBias, resolution_span
from .orders import PortfolioTarget


def _rebalancing(rebalance):
    """A function from a time to the next one, from LEAN's overloads: resolution, timedelta, function, None."""
    if rebalance is None or callable(rebalance):
        return rebalance
    if isinstance(rebalance, Resolution):
        rebalance = resolution_span(rebalance)
    if isinstance(rebalance, timedelta):
        return lambda when: when + rebalance
    raise TypeError("a rebalancing is a Resolution, a timedelta, a function of a time, or None")


@pascal
class PortfolioConstructionModel:
    """Base of construction models; own ones override `determine_target_percent` or `create_targets`."""

    def __init__(self, rebalance=None):
        self.rebalance_on_security_changes = True
        self.rebalance_on_insight_changes = True
        self.algorithm = None
        self._next_of = _rebalancing(rebalance)
        self._next = None
        self._has_changes = False

    def determine_target_percent(self, active_insights):
        """A mapping of insights to fractions of the portfolio."""
        raise NotImplementedError(f"{type(self).__name__} must define determine_target_percent")

    def should_create_target_for_insight(self, insight):
        return True

    def get_target_insights(self):
        """The last active insight of each symbol."""
        from .framework import model_call

        found = {}
        for insight in self.algorithm.insights.get_active_insights(self.algorithm.utc_time):
            if not model_call(self, "should_create_target_for_insight", insight):
                continue
            index = insight.symbol._index
            if index not in found or insight._generated >= found[index]._generated:
                found[index] = insight
        return list(found.values())

    def create_targets(self, algorithm, insights):
        from .framework import model_call

        self.algorithm = algorithm
        now = algorithm.utc_time
        if not self._is_due(insights, now):
            return []
        active = model_call(self, "get_target_insights")
        percents = model_call(self, "determine_target_percent", active)
        targets, failed = [], set()
        for insight in active:
            if insight not in percents:
                continue
            target = PortfolioTarget.percent(algorithm, insight.symbol, percents[insight])
            if target is None:
                failed.add(insight.symbol._index)
            else:
                targets.append(target)
        expired = {insight.symbol._index: insight.symbol for insight in algorithm.insights.remove_expired_insights(now)}
        for index, symbol in expired.items():
            if index not in failed and not algorithm.insights.has_active_insights(symbol, now):
                targets.append(PortfolioTarget(symbol, 0))
        return targets

    def _is_due(self, insights, now):
        if self._next_of is None:
            self._has_changes = False
            return True
        if self._next is None:
            self._next = self._next_of(now)
            if self._next is not None and self._next <= now:
                self._next = None
                self._has_changes = False
                return True
        expiry = self.algorithm.insights.get_next_expiry_time()
        due = (
            (self._next is not None and self._next <= now)
            or (self.rebalance_on_security_changes and self._has_changes)
            or (self.rebalance_on_insight_changes and (insights or (expiry is not None and expiry < now)))
        )
        if due:
            self._next = self._next_of(now)
            self._has_changes = False
        return bool(due)

    def on_securities_changed(self, algorithm, changes):
        self.algorithm = self.algorithm or algorithm
        self._has_changes = bool(changes.added_securities or changes.removed_securities)
        algorithm.insights.expire([security.symbol for security in changes.removed_securities])


@pascal
class NullPortfolioConstructionModel(PortfolioConstructionModel):
    """Wants no holdings; insights are kept."""

    def create_targets(self, algorithm, insights):
        return []


class _Weighted(PortfolioConstructionModel):
    def __init__(self, rebalance=Resolution.DAILY, portfolio_bias=PortfolioBias.LONG_SHORT):
        super().__init__(rebalance)
        self._bias = PortfolioBias(int(portfolio_bias))

    def _respects_bias(self, insight):
        return self._bias == PortfolioBias.LONG_SHORT or int(insight.direction) == int(self._bias)

    def _direction(self, insight):
        return int(insight.direction) if self._respects_bias(insight) else 0


@pascal
class EqualWeightingPortfolioConstructionModel(_Weighted):
    """The same share for every security with an insight that is not flat."""

    def determine_target_percent(self, active_insights):
        count = sum(1 for item in active_insights if item.direction != InsightDirection.FLAT and self._respects_bias(item))
        share = 1 / count if count else 0.0
        return {insight: self._direction(insight) * share for insight in active_insights}


@pascal
class InsightWeightingPortfolioConstructionModel(_Weighted):
    """The insights' weights; scaled down to 1 where their sum is more. Insights without one are left out."""

    def should_create_target_for_insight(self, insight):
        return insight.weight is not None

    def get_value(self, insight):
        return abs(insight.weight) if insight.weight is not None else 0.0

    def determine_target_percent(self, active_insights):
        total = sum(self.get_value(insight) for insight in active_insights if self._respects_bias(insight))
        factor = 1 / total if total > 1 else 1.0
        return {insight: self._direction(insight) * self.get_value(insight) * factor for insight in active_insights}


@pascal
class ConfidenceWeightedPortfolioConstructionModel(InsightWeightingPortfolioConstructionModel):
    """As by weights, with the insights' confidence."""

    def should_create_target_for_insight(self, insight):
        return insight.confidence is not None

    def get_value(self, insight):
        return abs(insight.confidence) if insight.confidence is not None else 0.0
