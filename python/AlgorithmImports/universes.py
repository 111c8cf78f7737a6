"""Universe selection: which securities an algorithm has. Only lists that the algorithm names itself."""

from . import _engine
from ._names import pascal
from .enums import DataNormalizationMode, Resolution
from .symbols import Symbol, to_symbol


def _setting(name, kind):
    return property(
        lambda self: kind(_engine.call("universe_settings.get", name)),
        lambda self, value: _engine.call("universe_settings.set", name, float(value)),
    )


@pascal
class UniverseSettings:
    """The defaults that securities are added with."""

    __slots__ = ()

    resolution = _setting("resolution", Resolution)
    leverage = _setting("leverage", float)
    fill_forward = _setting("fill_forward", bool)
    extended_market_hours = _setting("extended_market_hours", bool)
    data_normalization_mode = _setting("data_normalization_mode", DataNormalizationMode)


@pascal
class UniverseSelectionModel:
    """Base of selection models."""

    def _symbols(self, algorithm):
        """The symbols that are there from the start."""
        raise ValueError(
            f"{type(self).__name__} is not supported: use ManualUniverseSelectionModel with the symbols, or add_equity"
        )

    def _start(self, algorithm):
        for symbol in self._symbols(algorithm):
            algorithm.add_security(symbol)


@pascal
class NullUniverseSelectionModel(UniverseSelectionModel):
    """Selects nothing."""

    def _symbols(self, algorithm):
        return []


@pascal
class ManualUniverseSelectionModel(UniverseSelectionModel):
    """The symbols that it was made with, all the time."""

    def __init__(self, *symbols):
        chosen = symbols[0] if len(symbols) == 1 and isinstance(symbols[0], (list, tuple, set)) else symbols
        self._chosen = [symbol if isinstance(symbol, Symbol) else to_symbol(symbol) for symbol in chosen]

    def _symbols(self, algorithm):
        return self._chosen
