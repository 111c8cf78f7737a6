"""Consolidators: bars of another length or kind, made by the engine; handlers are called from it."""

from datetime import timedelta

from . import _engine
from ._names import pascal
from .enums import DataNormalizationMode, Resolution
from .symbols import index_of, symbol_of
from .windows import Event


class _Consolidator:
    """What is to be made; the engine makes it when it is added to a symbol."""

    __slots__ = ("_operation", "_arguments", "_number", "_consolidated", "data_consolidated", "__dict__")

    def _describe(self, operation, *arguments):
        self._operation = operation
        self._arguments = arguments
        self._number = None
        self._consolidated = None
        self.data_consolidated = Event()

    def _add(self, symbol_index):
        callback = _engine.register(self._announce)
        self._number = _engine.call(self._operation, symbol_index, callback, *self._arguments)

    def _announce(self, bar):
        self._consolidated = bar
        self.data_consolidated(self, bar)

    consolidated = Consolidated = property(lambda self: self._consolidated)
    DataConsolidated = property(
        lambda self: self.data_consolidated, lambda self, event: setattr(self, "data_consolidated", event)
    )


def _period(length):
    """Kind and number for the engine: a resolution, so many microseconds, or so many bars."""
    if isinstance(length, Resolution):
        return "resolution", float(int(length))
    if isinstance(length, timedelta):
        return "period", float(_engine.span(length))
    return "count", float(length)


@pascal
class TradeBarConsolidator(_Consolidator):
    __slots__ = ()

    def __init__(self, period):
        self._describe("consolidator.add_period", *_period(period))


@pascal
class QuoteBarConsolidator(_Consolidator):
    __slots__ = ()

    def __init__(self, period):
        raise ValueError("consolidators of quotes are not supported yet: use TradeBarConsolidator")


@pascal
class ClassicRenkoConsolidator(_Consolidator):
    """Bricks of a price; the volume of a brick is not kept, so `volume_selector` is taken and not used."""

    __slots__ = ()

    def __init__(self, bar_size, selector=None, volume_selector=None, even_bars=True):
        chosen = None if selector is None else _engine.register(lambda bar: float(selector(bar)))
        self._describe("consolidator.add_renko", float(bar_size), chosen)


@pascal
class RenkoConsolidator(_Consolidator):
    __slots__ = ()

    def __init__(self, bar_size):
        raise ValueError("RenkoConsolidator is not supported yet: use ClassicRenkoConsolidator")


@pascal
class SubscriptionDataConfig:
    __slots__ = ("symbol", "resolution", "fill_data_forward", "extended_market_hours", "data_normalization_mode")

    def __init__(self, known):
        self.symbol = symbol_of(known["symbol"])
        self.resolution = Resolution(known["resolution"])
        self.fill_data_forward = known["fill_forward"]
        self.extended_market_hours = known["extended_market_hours"]
        self.data_normalization_mode = DataNormalizationMode(known["normalization"])


@pascal
class SubscriptionDataConfigService:
    __slots__ = ()

    def get_subscription_data_configs(self, symbol=None):
        known = _engine.ask("subscriptions")
        return [item for item in map(SubscriptionDataConfig, known) if symbol is None or item.symbol == symbol]


@pascal
class SubscriptionManager:
    __slots__ = ()

    subscription_data_config_service = property(lambda self: SubscriptionDataConfigService())
    subscriptions = property(lambda self: SubscriptionDataConfigService().get_subscription_data_configs())
    count = property(lambda self: len(self.subscriptions))

    def add_consolidator(self, symbol, consolidator, tick_type=None):
        consolidator._add(index_of(symbol))

    def remove_consolidator(self, symbol, consolidator):
        if consolidator._number is not None:
            _engine.call("consolidator.remove", consolidator._number)
