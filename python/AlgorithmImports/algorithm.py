"""QCAlgorithm. All state lies in the engine or in this package: instances hold the user's attributes only."""

import json
from datetime import date, timedelta

from . import _engine
from ._engine import board, call, moment
from ._names import pascal
from .commands import CommandMethods
from .consolidators import SubscriptionManager, TradeBarConsolidator
from .enums import AlgorithmMode, Market, Resolution, SecurityType
from .framework import FrameworkMethods
from .history import History
from .indicator_helpers import IndicatorHelpers
from .indicators import IndicatorBase
from .models import DefaultBrokerageModel, FuncBenchmark
from .order_gate import set_order_gate
from .object_store import ObjectStore
from .orders import OrderProperties
from .scheduling import DateRules, ScheduleManager, TimeRules
from .securities import Portfolio, SecurityManager, add_block
from .settings import AlgorithmSettings
from .slices import Slice
from .symbols import Symbol, index_of, symbol_of, to_symbol
from .trading import TradingMethods
from .unsupported import MEMBERS

# Offsets, set by bind.
LOCAL_TIME = UTC_TIME = WARMING_UP = 0

SECURITY_MANAGER = SecurityManager()
PORTFOLIO_MANAGER = Portfolio()
CURRENT_SLICE = [Slice()]

CALLBACKS = (
    "initialize on_data on_order_event on_securities_changed on_warmup_finished on_dividends on_splits on_delistings"
    " on_symbol_changed_events on_end_of_day on_end_of_algorithm"
).split()


def _day(given):
    """An ISO date from (year, month, day) or from a date."""
    if len(given) == 1:
        return f"{given[0].year:04d}-{given[0].month:02d}-{given[0].day:02d}"
    year, month, day = given
    return f"{date(year, month, day)}"


class QCAlgorithm(TradingMethods, IndicatorHelpers, FrameworkMethods, CommandMethods):
    """The base of every algorithm."""

    securities = SECURITY_MANAGER
    portfolio = PORTFOLIO_MANAGER
    schedule = ScheduleManager()
    date_rules = DateRules()
    time_rules = TimeRules()
    subscription_manager = SubscriptionManager()
    settings = AlgorithmSettings()
    object_store = ObjectStore()
    history = History()
    default_order_properties = OrderProperties()
    live_mode = False
    algorithm_mode = AlgorithmMode.BACKTESTING
    account_currency = "USD"
    name = ""
    brokerage_model = DefaultBrokerageModel()

    time = property(lambda self: moment(board[LOCAL_TIME]))
    utc_time = property(lambda self: moment(board[UTC_TIME]))
    is_warming_up = property(lambda self: board[WARMING_UP] != 0.0)
    current_slice = property(lambda self: CURRENT_SLICE[0])
    start_date = property(lambda self: moment(call("start_date")))
    end_date = property(lambda self: moment(call("end_date")))
    active_securities = property(lambda self: SECURITY_MANAGER)

    # What users override.
    def initialize(self):
        """Sets the run up."""

    def on_data(self, data):
        """Hears every slice."""

    def on_order_event(self, order_event):
        """Hears what happens to orders."""

    def on_securities_changed(self, changes):
        """Hears which securities came and went."""

    def on_warmup_finished(self):
        """Hears the end of the warm-up, once."""

    def on_dividends(self, dividends):
        """Hears dividends."""

    def on_splits(self, splits):
        """Hears splits and their warnings."""

    def on_delistings(self, delistings):
        """Hears delistings and their warnings."""

    def on_symbol_changed_events(self, symbols_changed):
        """Hears changes of tickers."""

    def on_end_of_day(self, symbol=None):
        """Hears the end of each security's day, ten minutes before the close."""

    def on_end_of_algorithm(self):
        """Hears the end of the run."""

    # Configuration.
    def set_start_date(self, *given, year=None, month=None, day=None, start=None):
        call("set_start_date", _day(given or ((start,) if start is not None else (year, month, day))))

    def set_end_date(self, *given, year=None, month=None, day=None, end=None):
        call("set_end_date", _day(given or ((end,) if end is not None else (year, month, day))))

    def set_cash(self, *given, starting_cash=None, symbol=None, conversion_rate=0):
        rest = list(given)
        currency = rest.pop(0) if rest and isinstance(rest[0], str) else symbol
        amount = rest.pop(0) if rest else starting_cash
        rate = rest.pop(0) if rest else conversion_rate
        call("set_cash", currency or "USD", amount if isinstance(amount, int) else float(amount), float(rate or 0))

    def set_account_currency(self, currency, starting_cash=None):
        if currency != "USD":
            raise ValueError("the account currency can only be USD so far")

    def set_time_zone(self, time_zone):
        call("set_time_zone", str(time_zone))

    def set_benchmark(self, *given):
        """(symbol), (security type, ticker), or a function of the time."""
        chosen = given[-1]
        if callable(chosen):
            call("set_benchmark_function", _engine.register(lambda at: float(chosen(moment(at)))))
        else:
            call("set_benchmark", index_of(chosen))

    def set_brokerage_model(self, model, account_type=None):
        if isinstance(model, DefaultBrokerageModel):
            before = self.brokerage_model
            type(self).brokerage_model = model
            benchmark = model.get_benchmark(SECURITY_MANAGER)
            if isinstance(benchmark, FuncBenchmark):
                self.set_benchmark(benchmark.evaluate)
            if getattr(model, "_wraps", None) is not before:
                call("set_brokerage", model._brokerage, int(getattr(model, "account_type", 0)))
            set_order_gate(model, SECURITY_MANAGER)
        else:
            call("set_brokerage", getattr(model, "name", str(model)), int(account_type or 0))

    def set_warm_up(self, length, resolution=None):
        chosen = None if resolution is None else int(resolution)
        if isinstance(length, timedelta):
            call("set_warm_up", "span", _engine.span(length), chosen)
        else:
            call("set_warm_up", "count", int(length), chosen)

    set_warmup = set_warm_up

    def set_name(self, name):
        self.name = name

    def set_security_initializer(self, *_):
        raise ValueError("security initializers are not supported: set up each security after adding it")

    def get_parameter(self, name, default_value=None):
        """The parameter's text, or as the type of its default."""
        text = call("parameter", str(name))
        if text is None or default_value is None:
            return default_value if text is None else text
        if isinstance(default_value, bool):
            return text.strip().lower() == "true"
        return type(default_value)(text) if isinstance(default_value, (int, float)) else text

    def get_parameters(self):
        return _engine.ask("parameters")

    # Securities.
    def add_equity(
        self, ticker, resolution=None, market=Market.USA, fill_forward=True, leverage=0,
        extended_market_hours=False, data_normalization_mode=None,
    ):  # fmt: skip
        index, base = _engine.ask(
            "add_equity", str(ticker), None if resolution is None else int(resolution), str(market or "usa"),
            bool(fill_forward), float(leverage), bool(extended_market_hours),
            None if data_normalization_mode is None else int(data_normalization_mode),
        )  # fmt: skip
        return add_block((SECURITY_MANAGER, PORTFOLIO_MANAGER), index, base)

    def add_crypto(self, ticker, resolution=None, market=None, fill_forward=True, leverage=0):
        """A pair of currencies, such as "BTCUSD", of the brokerage's exchange unless a market is named."""
        index, base = _engine.ask(
            "add_crypto", str(ticker), None if resolution is None else int(resolution), str(market or ""),
            bool(fill_forward), float(leverage), False, None,
        )  # fmt: skip
        return add_block((SECURITY_MANAGER, PORTFOLIO_MANAGER), index, base)

    def add_security(self, *given, **named):
        """(security type, ticker, …) or (symbol, …)."""
        rest = list(given)
        if "symbol" in named:
            rest.insert(0, named.pop("symbol"))
        kind = rest.pop(0) if rest and isinstance(rest[0], SecurityType) else named.pop("security_type", None)
        if rest and isinstance(rest[0], Symbol):
            kind = rest[0].security_type
            named.setdefault("market", rest[0].id.market)
        if kind == SecurityType.CRYPTO:
            return self.add_crypto(*rest, **named)
        if kind not in (None, SecurityType.EQUITY):
            raise ValueError("only US equities and crypto pairs are supported so far")
        return self.add_equity(*rest, **named)

    def remove_security(self, symbol, tag=None):
        return call("remove_security", index_of(symbol))

    def symbol(self, ticker):
        return to_symbol(ticker)

    def is_market_open(self, symbol):
        return call("hours.is_open", index_of(symbol), int(board[LOCAL_TIME]), False)

    def get_last_known_price(self, security):
        return security.get_last_data()

    def consolidate(self, symbol, period, *given, handler=None):
        """(symbol, period, handler): a consolidator whose bars the handler receives."""
        function = handler if handler is not None else given[-1]
        consolidator = period if not isinstance(period, (timedelta, Resolution, int)) else TradeBarConsolidator(period)
        consolidator.data_consolidated += lambda sender, bar: function(bar)
        self.subscription_manager.add_consolidator(symbol, consolidator)
        return consolidator

    def resolve_consolidator(self, symbol, resolution):
        return TradeBarConsolidator(resolution)

    # What is told.
    def log(self, message=""):
        call("log", str(message))

    def debug(self, message=""):
        call("debug", str(message))

    def error(self, message=""):
        call("error", str(message))

    def plot(self, *given):
        """(series, value), (chart, series, value) or (chart, indicator, …)."""
        if len(given) > 1 and isinstance(given[1], IndicatorBase):
            for indicator in given[1:]:
                call("chart.plot", str(given[0]), indicator.name, float(indicator))
            return
        chart, series, value = given if len(given) == 3 else ("Strategy Equity", *given)
        call("chart.plot", str(chart), str(series), float(value))

    def add_chart(self, chart):
        call("chart.add", chart.name, json.dumps([[s.name, int(s.series_type), s.unit, s.index] for s in chart.series.values()]))

    def set_runtime_statistic(self, name, value):
        call("set_runtime_statistic", str(name), str(value))

    def set_summary_statistic(self, name, value):
        call("set_runtime_statistic", str(name), str(value))

    def quit(self, message=""):
        call("quit", str(message))

    def __getattr__(self, name):
        remedy = MEMBERS.get(_snake(name))
        if remedy is not None:
            raise AttributeError(f"QCAlgorithm.{name} is not supported: {remedy}")
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")


def _snake(name):
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


# `self.Log`, `self.SetHoldings`: the mixins' methods get their second spelling here.
for _part in (TradingMethods, IndicatorHelpers, FrameworkMethods):
    pascal(_part)
pascal(QCAlgorithm)


def overridden(cls, name):
    """The user's own method for a callback, in either spelling; None where the class does not have one."""
    for spelling in (name, "".join(part.title() for part in name.split("_"))):
        method = getattr(cls, spelling, None)
        if method is not None and method is not getattr(QCAlgorithm, name):
            return spelling
    return None


class SecurityChanges:
    """Securities that came and went."""

    __slots__ = ("added_securities", "removed_securities")

    def __init__(self, added, removed):
        self.added_securities = [SECURITY_MANAGER[symbol_of(index)] for index in added]
        self.removed_securities = [SECURITY_MANAGER[symbol_of(index)] for index in removed]

    AddedSecurities = property(lambda self: self.added_securities)
    RemovedSecurities = property(lambda self: self.removed_securities)


