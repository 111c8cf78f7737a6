"""Models that algorithms choose: fees, slippage, brokerages, benchmarks."""

from . import _engine
from ._names import pascal
from .enums import AccountType


class _FeeModel:
    def _install(self, operation, symbol):
        raise NotImplementedError(
            f"{type(self).__name__}: only ConstantFeeModel, InteractiveBrokersFeeModel and ZeroFee style models are supported"
        )


@pascal
class FeeModel(_FeeModel):
    """Base of fee models; own ones in Python are not supported."""


@pascal
class ConstantFeeModel(_FeeModel):
    def __init__(self, fee, currency="USD"):
        self.fee = fee
        self.currency = currency

    def _install(self, operation, symbol):
        _engine.call(operation, symbol._index, "constant", float(self.fee))


@pascal
class InteractiveBrokersFeeModel(_FeeModel):
    def _install(self, operation, symbol):
        _engine.call(operation, symbol._index, "interactive-brokers", 0.0)


class _ExchangeFeeModel(FeeModel):
    """The fees of an exchange; they need quotes of the pair."""

    _kind = ""

    def _install(self, operation, symbol):
        _engine.call(operation, symbol._index, self._kind, 0.0)


def _exchange_fees(name, kind):
    return type(name, (_ExchangeFeeModel,), {"_kind": kind, "__doc__": f"Fees of {kind}."})


CoinbaseFeeModel = GDAXFeeModel = _exchange_fees("CoinbaseFeeModel", "coinbase")
BinanceFeeModel = _exchange_fees("BinanceFeeModel", "binance")
BybitFeeModel = _exchange_fees("BybitFeeModel", "bybit")
KrakenFeeModel = _exchange_fees("KrakenFeeModel", "kraken")
BitfinexFeeModel = _exchange_fees("BitfinexFeeModel", "bitfinex")


@pascal
class NullSlippageModel:
    def _install(self, operation, symbol):
        _engine.call(operation, symbol._index, "null", 0.0, 0.0)


@pascal
class ConstantSlippageModel:
    def __init__(self, slippage_percent):
        self.slippage_percent = slippage_percent

    def _install(self, operation, symbol):
        _engine.call(operation, symbol._index, "constant", float(self.slippage_percent), 0.0)


@pascal
class VolumeShareSlippageModel:
    def __init__(self, volume_limit=0.025, price_impact=0.1):
        self.volume_limit = volume_limit
        self.price_impact = price_impact

    def _install(self, operation, symbol):
        _engine.call(operation, symbol._index, "volume-share", float(self.volume_limit), float(self.price_impact))


@pascal
class FuncBenchmark:
    """A benchmark whose level a function of the time gives."""

    def __init__(self, benchmark):
        self._function = benchmark

    def evaluate(self, when):
        return self._function(when)


class BrokerageMessageType:
    """What kind of message a brokerage sends."""

    INFORMATION = Information = "Information"
    WARNING = Warning = "Warning"
    ERROR = Error = "Error"


@pascal
class BrokerageMessageEvent:
    """A message of a brokerage, such as why it takes no order."""

    def __init__(self, type, code, message):
        self.type = type
        self.code = code
        self.message = message

    def __str__(self):
        return f"{self.type} - Code: {self.code} - {self.message}"


@pascal
class DefaultBrokerageModel:
    """The default brokerage; a class of one's own may replace its benchmark, and refuse orders and their updates."""

    _brokerage = "DEFAULT"

    def __init__(self, account_type=AccountType.MARGIN):
        self.account_type = account_type

    def get_benchmark(self, securities):
        return None

    def can_submit_order(self, security, order, message=None):
        """(True, None), or (False, why): asked before each order goes out."""
        return True, None

    def can_update_order(self, security, order, request, message=None):
        """(True, None), or (False, why): asked before each change of an order."""
        return True, None


def _brokerage_model(name, kind, account_type):
    def __init__(self, account_type=account_type):
        DefaultBrokerageModel.__init__(self, account_type)

    members = {"_brokerage": kind, "__init__": __init__, "__doc__": f"Trades as {name.removesuffix('BrokerageModel')} does."}
    return type(name, (DefaultBrokerageModel,), members)


InteractiveBrokersBrokerageModel = _brokerage_model(
    "InteractiveBrokersBrokerageModel", "INTERACTIVE_BROKERS_BROKERAGE", AccountType.MARGIN
)
AlpacaBrokerageModel = _brokerage_model("AlpacaBrokerageModel", "ALPACA", AccountType.MARGIN)
TradeStationBrokerageModel = _brokerage_model("TradeStationBrokerageModel", "TRADE_STATION", AccountType.MARGIN)
CoinbaseBrokerageModel = GDAXBrokerageModel = _brokerage_model("CoinbaseBrokerageModel", "COINBASE", AccountType.CASH)
BinanceBrokerageModel = _brokerage_model("BinanceBrokerageModel", "BINANCE", AccountType.CASH)
BinanceUSBrokerageModel = _brokerage_model("BinanceUSBrokerageModel", "BINANCE_US", AccountType.CASH)
BybitBrokerageModel = _brokerage_model("BybitBrokerageModel", "BYBIT", AccountType.CASH)
KrakenBrokerageModel = _brokerage_model("KrakenBrokerageModel", "KRAKEN", AccountType.CASH)
BitfinexBrokerageModel = _brokerage_model("BitfinexBrokerageModel", "BITFINEX", AccountType.MARGIN)


@pascal
class Extensions:
    """Helpers of LEAN's that algorithms use by name."""

    @staticmethod
    def to_higher_resolution_equivalent(span, require_exact_match=False):
        from .enums import Resolution

        seconds = span.total_seconds()
        for limit, found in ((60, "SECOND"), (3600, "MINUTE"), (86400, "HOUR")):
            if seconds < limit:
                return Resolution[found]
        return Resolution.DAILY

    @staticmethod
    def round_down(moment, interval):
        at = _engine.microseconds(moment)
        return _engine.moment(at - at % _engine.span(interval))

    @staticmethod
    def is_nan_or_zero(value):
        return value != value or value == 0
