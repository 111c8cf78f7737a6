"""The order methods of QCAlgorithm."""

from . import _engine
from ._engine import call
from .enums import OrderType
from .orders import OrderProperties, SecurityTransactionManager, ticket_of, tickets_of
from .symbols import index_of


def _extras(given, asynchronous, tag, order_properties):
    """LEAN's trailing arguments, which may come in its older order too: told apart by their types."""
    for value in given:
        if isinstance(value, bool):
            asynchronous = value
        elif isinstance(value, str):
            tag = value
        elif isinstance(value, OrderProperties):
            order_properties = value
    return asynchronous, tag, order_properties


def _time_in_force(properties):
    chosen = properties or _engine.algorithm.default_order_properties
    return chosen.time_in_force._text


class TradingMethods:
    """Part of QCAlgorithm."""

    transactions = SecurityTransactionManager()

    def _submit(self, order_type, symbol, quantity, extras, first=None, second=None, trailing=None):
        asynchronous, tag, properties = extras
        handle = call(
            "order.submit", int(order_type), index_of(symbol), float(quantity), bool(asynchronous), str(tag or ""),
            _time_in_force(properties), first, second, trailing,
        )  # fmt: skip
        ticket = ticket_of(handle)
        ticket._properties = properties.clone() if properties is not None else None
        return ticket

    def market_order(self, symbol, quantity, *given, asynchronous=False, tag="", order_properties=None):
        extras = _extras(given, asynchronous, tag, order_properties)
        return self._submit(OrderType.MARKET, symbol, quantity, extras)

    order = market_order

    def buy(self, symbol, quantity, *given, asynchronous=False, tag="", order_properties=None):
        extras = _extras(given, asynchronous, tag, order_properties)
        return self._submit(OrderType.MARKET, symbol, abs(quantity), extras)

    def sell(self, symbol, quantity, *given, asynchronous=False, tag="", order_properties=None):
        extras = _extras(given, asynchronous, tag, order_properties)
        return self._submit(OrderType.MARKET, symbol, -abs(quantity), extras)

    def market_on_open_order(self, symbol, quantity, *given, asynchronous=False, tag="", order_properties=None):
        extras = _extras(given, asynchronous, tag, order_properties)
        return self._submit(OrderType.MARKET_ON_OPEN, symbol, quantity, extras)

    def market_on_close_order(self, symbol, quantity, *given, asynchronous=False, tag="", order_properties=None):
        extras = _extras(given, asynchronous, tag, order_properties)
        return self._submit(OrderType.MARKET_ON_CLOSE, symbol, quantity, extras)

    def limit_order(self, symbol, quantity, limit_price, *given, asynchronous=False, tag="", order_properties=None):
        extras = _extras(given, asynchronous, tag, order_properties)
        return self._submit(OrderType.LIMIT, symbol, quantity, extras, float(limit_price))

    def stop_market_order(
        self, symbol, quantity, stop_price, *given, asynchronous=False, tag="", order_properties=None
    ):
        extras = _extras(given, asynchronous, tag, order_properties)
        return self._submit(OrderType.STOP_MARKET, symbol, quantity, extras, float(stop_price))

    def stop_limit_order(
        self, symbol, quantity, stop_price, limit_price, *given, asynchronous=False, tag="", order_properties=None
    ):
        extras = _extras(given, asynchronous, tag, order_properties)
        return self._submit(OrderType.STOP_LIMIT, symbol, quantity, extras, float(stop_price), float(limit_price))

    def limit_if_touched_order(
        self, symbol, quantity, trigger_price, limit_price, *given, asynchronous=False, tag="", order_properties=None
    ):
        extras = _extras(given, asynchronous, tag, order_properties)
        return self._submit(
            OrderType.LIMIT_IF_TOUCHED, symbol, quantity, extras, float(trigger_price), float(limit_price)
        )

    def trailing_stop_order(
        self, symbol, quantity, *given, stop_price=None, trailing_amount=None, trailing_as_percentage=None,
        asynchronous=False, tag="", order_properties=None,
    ):  # fmt: skip
        """(symbol, quantity, [stop_price,] trailing_amount, trailing_as_percentage, …)."""
        rest = list(given)
        numbers = []
        while rest and isinstance(rest[0], (int, float)) and not isinstance(rest[0], bool):
            numbers.append(float(rest.pop(0)))
        if trailing_as_percentage is None and rest and isinstance(rest[0], bool):
            trailing_as_percentage = rest.pop(0)
        if trailing_amount is None:
            trailing_amount = numbers.pop()
        if numbers:
            stop_price = numbers.pop()
        extras = _extras(rest, asynchronous, tag, order_properties)
        stop = None if stop_price is None else float(stop_price)
        percentage = bool(trailing_as_percentage)
        return self._submit(
            OrderType.TRAILING_STOP, symbol, quantity, extras, stop, float(trailing_amount), percentage
        )

    def set_holdings(
        self, symbol=None, percentage=None, liquidate_existing_holdings=False, asynchronous=False, tag=None,
        order_properties=None, targets=None,
    ):  # fmt: skip
        """(symbol, fraction, …) or (list of PortfolioTarget, …)."""
        chosen = targets if targets is not None else symbol
        if isinstance(asynchronous, str):
            asynchronous, tag = False, asynchronous
        extras = (bool(liquidate_existing_holdings), bool(asynchronous), tag, _time_in_force(order_properties))
        if isinstance(chosen, (list, tuple)):
            if isinstance(percentage, bool):
                extras = (percentage, *extras[1:])
            pairs = [number for target in chosen for number in (target.symbol._index, target.quantity)]
            handles = _engine.ask("holdings.set_many", _json(pairs), *extras)
        else:
            handles = _engine.ask("holdings.set", index_of(chosen), float(percentage), *extras)
        return self._with_properties(handles, order_properties)

    def liquidate(self, symbol=None, *given, asynchronous=False, tag=None, order_properties=None, symbols=None):
        asynchronous, tag, order_properties = _extras(given, asynchronous, tag, order_properties)
        chosen = symbols if symbols is not None else symbol
        if chosen is None:
            chosen = []
        indexes = [index_of(item) for item in (chosen if isinstance(chosen, (list, tuple)) else [chosen])]
        every = symbol is None and symbols is None
        handles = _engine.ask(
            "holdings.liquidate", None if every else _json(indexes), asynchronous, tag, _time_in_force(order_properties)
        )
        return self._with_properties(handles, order_properties)

    def _with_properties(self, handles, properties):
        tickets = tickets_of(handles)
        if properties is not None:
            for ticket in tickets:
                ticket._properties = properties.clone()
        return tickets

    def calculate_order_quantity(self, symbol, target):
        return call("holdings.quantity_for", index_of(symbol), float(target))


def _json(values):
    return "[" + ",".join(repr(value) for value in values) + "]"


