"""Securities, holdings and the portfolio: views of the board, so that reading them calls nothing."""

from . import _engine
from ._engine import board, moment
from ._names import pascal
from .enums import Resolution, SecurityType
from .slices import KeyValuePair, blocks
from .symbols import Symbol, find_symbol, symbol_of

# Offsets, set by bind.
CASH = INVESTED = HAS_FOREIGN_CASH = 0
S_PRICE = S_OPEN = S_HIGH = S_LOW = S_CLOSE = S_VOLUME = S_BID = S_ASK = S_HAS_DATA = 0
S_QUANTITY = S_AVERAGE_PRICE = S_IS_TRADABLE = S_IS_DELISTED = S_LEVERAGE = 0
S_PROFIT = S_FEES = S_SALE_VOLUME = S_LAST_DATA_TIME = 0


@pascal
class SecurityHolding:
    __slots__ = ("symbol", "_base")

    def __init__(self, symbol, base):
        self.symbol = symbol
        self._base = base

    quantity = property(lambda self: board[self._base + S_QUANTITY])
    average_price = property(lambda self: board[self._base + S_AVERAGE_PRICE])
    price = property(lambda self: board[self._base + S_PRICE])
    leverage = property(lambda self: board[self._base + S_LEVERAGE])
    invested = property(lambda self: board[self._base + S_QUANTITY] != 0.0)
    hold_stock = invested
    is_long = property(lambda self: board[self._base + S_QUANTITY] > 0.0)
    is_short = property(lambda self: board[self._base + S_QUANTITY] < 0.0)
    absolute_quantity = property(lambda self: abs(board[self._base + S_QUANTITY]))
    total_fees = property(lambda self: board[self._base + S_FEES])
    profit = property(lambda self: board[self._base + S_PROFIT])
    net_profit = property(lambda self: board[self._base + S_PROFIT] - board[self._base + S_FEES])
    total_sale_volume = property(lambda self: board[self._base + S_SALE_VOLUME])
    holdings_value = property(lambda self: _engine.call("holding.value", self.symbol._index))
    absolute_holdings_value = property(lambda self: abs(self.holdings_value))
    holdings_cost = property(lambda self: self.average_price * self.quantity)
    absolute_holdings_cost = property(lambda self: abs(self.holdings_cost))
    unrealized_profit = property(lambda self: _engine.call("holding.unrealized_profit", self.symbol._index))

    @property
    def unrealized_profit_percent(self):
        cost = self.absolute_holdings_cost
        return self.unrealized_profit / cost if cost else 0.0

    def __repr__(self):
        return f"{self.symbol.value}: {self.quantity} @ {self.average_price}"


@pascal
class Security:
    __slots__ = ("symbol", "_base", "holdings", "__dict__")

    def __init__(self, symbol, base):
        self.symbol = symbol
        self._base = base
        self.holdings = SecurityHolding(symbol, base)

    price = property(lambda self: board[self._base + S_PRICE])
    open = property(lambda self: board[self._base + S_OPEN])
    high = property(lambda self: board[self._base + S_HIGH])
    low = property(lambda self: board[self._base + S_LOW])
    close = property(lambda self: board[self._base + S_CLOSE])
    volume = property(lambda self: board[self._base + S_VOLUME])
    bid_price = property(lambda self: board[self._base + S_BID])
    ask_price = property(lambda self: board[self._base + S_ASK])
    has_data = property(lambda self: board[self._base + S_HAS_DATA] != 0.0)
    is_tradable = property(lambda self: board[self._base + S_IS_TRADABLE] != 0.0)
    is_delisted = property(lambda self: board[self._base + S_IS_DELISTED] != 0.0)
    leverage = property(lambda self: board[self._base + S_LEVERAGE])
    invested = property(lambda self: board[self._base + S_QUANTITY] != 0.0)
    hold_stock = invested
    type = property(lambda self: self.symbol.security_type)
    local_time = property(lambda self: _engine.local_time())

    @property
    def resolution(self):
        return Resolution(_engine.call("security.resolution", self.symbol._index))

    @property
    def exchange(self):
        return Exchange(self.symbol)

    @property
    def quote_currency(self):
        """The balance in the currency of its prices."""
        return Cash(self.symbol_properties.quote_currency)

    @property
    def base_currency(self):
        """The balance in what a pair buys and sells."""
        quote = self.symbol_properties.quote_currency
        return Cash(self.symbol.value.removesuffix(quote)) if self.type == SecurityType.CRYPTO else None

    @property
    def symbol_properties(self):
        return SymbolProperties(*_engine.ask("security.properties", self.symbol._index))

    def set_leverage(self, leverage):
        _engine.call("security.set_leverage", self.symbol._index, float(leverage))

    def set_data_normalization_mode(self, mode):
        _engine.call("security.set_normalization", self.symbol._index, int(mode))

    def set_fee_model(self, model):
        model._install("security.set_fee_model", self.symbol)

    def set_slippage_model(self, model):
        model._install("security.set_slippage_model", self.symbol)

    def get_last_data(self):
        from .bars import trade_bar

        if not self.has_data:
            return None
        end = board[self._base + S_LAST_DATA_TIME]
        return trade_bar(self.symbol, (end, end, self.open, self.high, self.low, self.close, self.volume))

    def __str__(self):
        return self.symbol.value

    def __repr__(self):
        return self.symbol.value




@pascal
class SymbolProperties:
    __slots__ = (
        "description", "quote_currency", "contract_multiplier", "minimum_price_variation", "lot_size",
        "minimum_order_size", "market_ticker",
    )  # fmt: skip

    def __init__(self, *values):
        for name, value in zip(SymbolProperties.__slots__, values):
            setattr(self, name, value)


@pascal
class ExchangeHours:
    __slots__ = ("_symbol",)

    def __init__(self, symbol):
        self._symbol = symbol

    def is_open(self, when, extended_market_hours=False):
        return _engine.call(
            "hours.is_open", self._symbol._index, _engine.microseconds(when), bool(extended_market_hours)
        )

    def get_next_market_open(self, when, extended_market_hours=False):
        at = _engine.microseconds(when)
        return moment(_engine.call("hours.next_open", self._symbol._index, at, bool(extended_market_hours)))

    def get_next_market_close(self, when, extended_market_hours=False):
        at = _engine.microseconds(when)
        return moment(_engine.call("hours.next_close", self._symbol._index, at, bool(extended_market_hours)))

    def is_date_open(self, when, extended_market_hours=False):
        return _engine.call("hours.is_date_open", self._symbol._index, _engine.microseconds(when))


@pascal
class Exchange:
    __slots__ = ("_symbol",)

    def __init__(self, symbol):
        self._symbol = symbol

    hours = property(lambda self: ExchangeHours(self._symbol))

    @property
    def exchange_open(self):
        return self.hours.is_open(_engine.local_time())

    def date_time_is_open(self, when):
        return self.hours.is_open(when)

    is_open = date_time_is_open


@pascal
class _ByName:
    """A mapping of symbols to one object each, in order of subscription."""

    __slots__ = ("_items",)

    def __init__(self):
        self._items = {}

    def _get(self, key):
        symbol = key if type(key) is Symbol else find_symbol(key)
        return None if symbol is None else self._items.get(symbol._index)

    def __getitem__(self, key):
        found = self._get(key)
        if found is None:
            raise KeyError(f"'{key}' is not subscribed: add it first, for example with add_equity(\"{key}\")")
        return found

    def get(self, key, default=None):
        found = self._get(key)
        return default if found is None else found

    def contains_key(self, key):
        return self._get(key) is not None

    __contains__ = contains_key

    def try_get_value(self, key, default=None):
        found = self._get(key)
        return found is not None, found

    def keys(self):
        return [symbol_of(index) for index in self._items]

    def values(self):
        return list(self._items.values())

    def items(self):
        return [KeyValuePair((symbol_of(index), item)) for index, item in self._items.items()]

    def __iter__(self):
        return iter(self.items())

    def __len__(self):
        return len(self._items)

    count = property(__len__)


@pascal
class SecurityManager(_ByName):
    __slots__ = ()

    total = property(lambda self: len(self._items))


@pascal
class Cash:
    __slots__ = ("symbol",)

    def __init__(self, symbol):
        self.symbol = symbol

    amount = property(lambda self: _engine.call("cash.amount", self.symbol))
    conversion_rate = property(lambda self: _engine.call("cash.rate", self.symbol))
    value_in_account_currency = property(lambda self: _engine.call("cash.value", self.symbol))
    currency_symbol = property(lambda self: {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "BTC": "₿"}.get(self.symbol, self.symbol))

    def __repr__(self):
        return f"{self.symbol}: {self.amount} @ {self.conversion_rate}"


@pascal
class CashBook:
    __slots__ = ()

    def __getitem__(self, currency):
        if not self.contains_key(currency):
            raise KeyError(f"no balance in {currency}")
        return Cash(currency)

    def keys(self):
        return _engine.ask("cash.currencies")

    def values(self):
        return [Cash(currency) for currency in self.keys()]

    def items(self):
        return [KeyValuePair((currency, Cash(currency))) for currency in self.keys()]

    def contains_key(self, currency):
        return currency in self.keys()

    def try_get_value(self, currency, default=None):
        found = self.contains_key(currency)
        return found, Cash(currency) if found else default

    def convert(self, source_quantity, source_currency, destination_currency):
        """An amount in another currency."""
        found = _engine.call("cash.convert", float(source_quantity), str(source_currency), str(destination_currency))
        if found is None:
            raise ValueError(f"there is no rate between {source_currency} and {destination_currency} yet")
        return found

    def convert_to_account_currency(self, source_quantity, source_currency):
        return self.convert(source_quantity, source_currency, self.account_currency)

    def __iter__(self):
        return iter(self.items())

    def __len__(self):
        return len(self.keys())

    __contains__ = contains_key
    count = property(__len__)
    account_currency = property(lambda self: self.keys()[0])
    total_value_in_account_currency = property(lambda self: _engine.call("portfolio.cash"))


@pascal
class Portfolio(_ByName):
    """The holdings by symbol, and the account."""

    __slots__ = ()

    invested = property(lambda self: board[INVESTED] != 0.0)
    hold_stock = invested
    # With several currencies it moves with prices, and the board has the account's own only.
    cash = property(lambda self: _engine.call("portfolio.cash") if board[HAS_FOREIGN_CASH] else board[CASH])
    unsettled_cash = property(lambda self: 0.0)
    cash_book = property(lambda self: CashBook())
    total_portfolio_value = property(lambda self: _engine.call("portfolio.value"))
    total_holdings_value = property(lambda self: sum(item.absolute_holdings_value for item in self._items.values()))
    total_absolute_holdings_cost = property(lambda self: sum(item.absolute_holdings_cost for item in self._items.values()))
    total_unrealized_profit = property(lambda self: sum(item.unrealized_profit for item in self._items.values()))
    total_unrealised_profit = total_unrealized_profit
    total_fees = property(lambda self: sum(item.total_fees for item in self._items.values()))
    total_profit = property(lambda self: sum(item.profit for item in self._items.values()))
    total_net_profit = property(lambda self: self.total_profit - self.total_fees)
    total_sale_volume = property(lambda self: sum(item.total_sale_volume for item in self._items.values()))
    total_margin_used = property(lambda self: _engine.call("portfolio.margin_used"))
    margin_remaining = property(lambda self: _engine.call("portfolio.margin_remaining"))

    def get_margin_remaining(self, symbol=None, direction=None):
        return self.margin_remaining

    def set_cash(self, *arguments):
        _engine.algorithm.set_cash(*arguments)

    def set_account_currency(self, *arguments):
        _engine.algorithm.set_account_currency(*arguments)


def add_block(managers, index, base):
    """A security that the engine has just subscribed; returns it, the same one each time."""
    securities, portfolio = managers
    found = securities._items.get(index)
    if found is None:
        base = int(base)
        blocks[index] = base
        found = Security(symbol_of(index), base)
        securities._items[index] = found
        portfolio._items[index] = found.holdings
    return found
