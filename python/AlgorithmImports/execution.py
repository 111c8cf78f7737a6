"""Execution and risk models of the framework."""

import json

from . import _engine
from ._names import pascal
from .orders import PortfolioTarget


@pascal
class ExecutionModel:
    """Base of execution models; own ones override `execute`."""

    def execute(self, algorithm, targets):
        """Orders what the targets ask for."""

    def on_securities_changed(self, algorithm, changes):
        """Hears which securities came and went."""


@pascal
class NullExecutionModel(ExecutionModel):
    """Orders nothing."""


@pascal
class ImmediateExecutionModel(ExecutionModel):
    """Market orders for all that is missing; what is not reached stays wanted."""

    def __init__(self, asynchronous=True):
        self._asynchronous = bool(asynchronous)
        self._targets = {}

    def execute(self, algorithm, targets):
        for target in targets:
            self._targets[target.symbol._index] = target
        if not self._targets or algorithm.is_warming_up:
            return
        described = [[index, float(target.quantity), target.tag] for index, target in self._targets.items()]
        for index in _engine.ask("targets.execute", json.dumps(described), self._asynchronous):
            self._targets.pop(index, None)


@pascal
class RiskManagementModel:
    """Base of risk models; own ones override `manage_risk`, which answers with the targets that it changes."""

    def manage_risk(self, algorithm, targets):
        return []

    def on_securities_changed(self, algorithm, changes):
        """Hears which securities came and went."""


@pascal
class NullRiskManagementModel(RiskManagementModel):
    """Changes nothing."""


@pascal
class CompositeRiskManagementModel(RiskManagementModel):
    """Several models in order; each sees what those before made of the targets."""

    def __init__(self, *models):
        self._models = list(models)

    def add_risk_management(self, model):
        self._models.append(model)

    def manage_risk(self, algorithm, targets):
        from .framework import distinct, model_call

        for model in self._models:
            targets = distinct([*(model_call(model, "manage_risk", algorithm, list(targets)) or ()), *targets])
        return targets

    def on_securities_changed(self, algorithm, changes):
        from .framework import model_call

        for model in self._models:
            model_call(model, "on_securities_changed", algorithm, changes)


@pascal
class MaximumDrawdownPercentPerSecurity(RiskManagementModel):
    """Closes a holding that has lost more than a part of what it cost."""

    def __init__(self, maximum_drawdown_percent=0.05):
        self._limit = -abs(maximum_drawdown_percent)

    def manage_risk(self, algorithm, targets):
        found = []
        for security in algorithm.securities.values():
            if security.invested and security.holdings.unrealized_profit_percent < self._limit:
                algorithm.insights.cancel([security.symbol])
                found.append(PortfolioTarget(security.symbol, 0))
        return found


@pascal
class MaximumUnrealizedProfitPercentPerSecurity(RiskManagementModel):
    """Closes a holding that has gained more than a part of what it cost."""

    def __init__(self, maximum_unrealized_profit_percent=0.05):
        self._limit = abs(maximum_unrealized_profit_percent)

    def manage_risk(self, algorithm, targets):
        found = []
        for security in algorithm.securities.values():
            if security.invested and security.holdings.unrealized_profit_percent > self._limit:
                algorithm.insights.cancel([security.symbol])
                found.append(PortfolioTarget(security.symbol, 0))
        return found


@pascal
class MaximumDrawdownPercentPortfolio(RiskManagementModel):
    """Closes all targets when the portfolio has lost more than a part of its value at the start, or of its peak."""

    def __init__(self, maximum_drawdown_percent=0.05, is_trailing=False):
        self._limit = -abs(maximum_drawdown_percent)
        self._is_trailing = bool(is_trailing)
        self._high = None

    def manage_risk(self, algorithm, targets):
        value = algorithm.portfolio.total_portfolio_value
        if self._high is None:
            self._high = value
        if self._is_trailing and self._high < value:
            self._high = value
            return []
        if not targets or not self._high or value / self._high - 1 >= self._limit:
            return []
        self._high = None
        algorithm.insights.cancel([target.symbol for target in targets])
        return [PortfolioTarget(target.symbol, 0) for target in targets]
