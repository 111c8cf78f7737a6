"""The algorithm framework: insights become targets, targets pass the risk models, and are executed."""

from . import _engine
from .alphas import CompositeAlphaModel, NullAlphaModel, model_name
from .construction import NullPortfolioConstructionModel
from .execution import CompositeRiskManagementModel, ImmediateExecutionModel, NullRiskManagementModel
from .insights import InsightManager
from .universes import UniverseSettings


def _spelled(name):
    return name, "".join(part.title() for part in name.split("_"))


def model_call(model, name, *arguments):
    """A method of a model in the spelling that its class overrides; the most derived class decides."""
    snake, pascal = _spelled(name)
    for cls in type(model).__mro__:
        own = vars(cls)
        if cls.__module__.startswith("AlgorithmImports"):
            break
        if snake in own or pascal in own:
            return getattr(model, snake if snake in own else pascal)(*arguments)
    return getattr(model, snake)(*arguments)


def distinct(targets):
    """The first target of each symbol."""
    found = {}
    for target in targets:
        found.setdefault(target.symbol._index, target)
    return list(found.values())


class Framework:
    """The models of the running algorithm."""

    def __init__(self):
        self.is_active = False
        self.alpha = NullAlphaModel()
        self.construction = NullPortfolioConstructionModel()
        self.execution = ImmediateExecutionModel()
        self.risk = NullRiskManagementModel()
        self.selections = []
        self.insights = InsightManager()
        self._has_warned = False

    def start(self, algorithm):
        """After `initialize`: securities of the selection models."""
        for selection in self.selections:
            selection._start(algorithm)

    def step(self, algorithm, data):
        """After `on_data`, for a slice with data."""
        insights = list(model_call(self.alpha, "update", algorithm, data) or ())
        if insights:
            insights = self._begin(algorithm, insights)
        self._process(algorithm, insights)

    def changed(self, algorithm, changes):
        for model in (self.alpha, self.construction, self.execution, self.risk):
            model_call(model, "on_securities_changed", algorithm, changes)

    def emit(self, algorithm, insights):
        if algorithm.is_warming_up:
            if not self._has_warned:
                self._has_warned = True
                algorithm.error("insights that are emitted during the warm-up are left out")
            return
        self._process(algorithm, self._begin(algorithm, insights))

    def _begin(self, algorithm, insights):
        utc = _engine.microseconds(algorithm.utc_time)
        started = []
        for insight in insights:
            if algorithm.securities[insight.symbol].is_delisted:
                continue
            insight._start(utc, model_name(self.alpha))
            started.append(insight)
        if not algorithm.is_warming_up:
            self.insights.add_range(started)
        return started

    def _process(self, algorithm, insights):
        targets = list(model_call(self.construction, "create_targets", algorithm, insights) or ())
        overrides = list(model_call(self.risk, "manage_risk", algorithm, targets) or ())
        model_call(self.execution, "execute", algorithm, distinct([*overrides, *targets]) if overrides else targets)


FRAMEWORK = Framework()


class FrameworkMethods:
    """Part of QCAlgorithm."""

    insights = FRAMEWORK.insights
    universe_settings = UniverseSettings()

    alpha = property(lambda self: FRAMEWORK.alpha)
    portfolio_construction = property(lambda self: FRAMEWORK.construction)
    execution = property(lambda self: FRAMEWORK.execution)
    risk_management = property(lambda self: FRAMEWORK.risk)

    def set_alpha(self, alpha):
        FRAMEWORK.is_active = True
        FRAMEWORK.alpha = alpha

    def add_alpha(self, alpha):
        FRAMEWORK.is_active = True
        if isinstance(FRAMEWORK.alpha, NullAlphaModel):
            FRAMEWORK.alpha = alpha
        elif isinstance(FRAMEWORK.alpha, CompositeAlphaModel):
            FRAMEWORK.alpha.add_alpha(alpha)
        else:
            FRAMEWORK.alpha = CompositeAlphaModel(FRAMEWORK.alpha, alpha)

    def set_portfolio_construction(self, portfolio_construction):
        FRAMEWORK.is_active = True
        FRAMEWORK.construction = portfolio_construction

    def set_execution(self, execution):
        FRAMEWORK.is_active = True
        FRAMEWORK.execution = execution

    def set_risk_management(self, risk_management):
        FRAMEWORK.is_active = True
        FRAMEWORK.risk = risk_management

    def add_risk_management(self, risk_management):
        FRAMEWORK.is_active = True
        if isinstance(FRAMEWORK.risk, NullRiskManagementModel):
            FRAMEWORK.risk = risk_management
        elif isinstance(FRAMEWORK.risk, CompositeRiskManagementModel):
            FRAMEWORK.risk.add_risk_management(risk_management)
        else:
            FRAMEWORK.risk = CompositeRiskManagementModel(FRAMEWORK.risk, risk_management)

    def set_universe_selection(self, universe_selection):
        FRAMEWORK.selections[:] = [universe_selection]

    def add_universe_selection(self, universe_selection):
        FRAMEWORK.selections.append(universe_selection)

    def emit_insights(self, *insights):
        """Insights that no alpha model made; they are worked off at once."""
        FRAMEWORK.is_active = True
        chosen = insights[0] if len(insights) == 1 and isinstance(insights[0], (list, tuple)) else insights
        FRAMEWORK.emit(self, list(chosen))
