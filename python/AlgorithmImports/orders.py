"""Orders, tickets and events: handles on the engine's, and the small objects that describe requests."""

from datetime import timedelta

from . import _engine
from ._engine import call, moment
from ._names import pascal
from .enums import OrderDirection, OrderField, OrderRequestStatus, OrderStatus, OrderType
from .symbols import symbol_of, to_symbol


@pascal
class TimeInForce:
    """How long an order works: GOOD_TIL_CANCELED, DAY, or GOOD_TIL_DATE(when)."""

    __slots__ = ("_text",)

    def __init__(self, text):
        self._text = text

    @staticmethod
    def good_til_date(when):
        return TimeInForce(f"gtd:{_engine.microseconds(when)}")

    def __eq__(self, other):
        return isinstance(other, TimeInForce) and other._text == self._text

    def __hash__(self):
        return hash(self._text)

    def __repr__(self):
        return f"TimeInForce({self._text})"


TimeInForce.GOOD_TIL_CANCELED = TimeInForce.GoodTilCanceled = TimeInForce("gtc")
TimeInForce.DAY = TimeInForce.Day = TimeInForce("day")
TimeInForce.GOOD_TIL_DATE = TimeInForce.GoodTilDate = TimeInForce.good_til_date


@pascal
class OrderProperties:
    __slots__ = ("time_in_force", "outside_regular_trading_hours", "__dict__")

    def __init__(self, time_in_force=TimeInForce.GOOD_TIL_CANCELED):
        self.time_in_force = time_in_force
        self.outside_regular_trading_hours = False

    def clone(self):
        copy = type(self)()
        copy.time_in_force = self.time_in_force
        copy.outside_regular_trading_hours = self.outside_regular_trading_hours
        return copy


@pascal
class InteractiveBrokersOrderProperties(OrderProperties):
    __slots__ = ()


@pascal
class UpdateOrderFields:
    __slots__ = ("quantity", "limit_price", "stop_price", "trigger_price", "trailing_amount", "tag")

    def __init__(self, **fields):
        for name in UpdateOrderFields.__slots__:
            setattr(self, name, fields.get(name))


@pascal
class SubmitOrderRequest:
    __slots__ = (
        "order_type", "security_type", "symbol", "quantity", "stop_price", "limit_price", "trigger_price",
        "trailing_amount", "trailing_as_percentage", "time", "tag", "order_properties", "order_id", "status",
    )  # fmt: skip

    def __init__(self, order, properties):
        for name in ("symbol", "quantity", "stop_price", "limit_price", "trigger_price", "trailing_amount"):
            setattr(self, name, getattr(order, name))
        self.trailing_as_percentage = order.trailing_as_percentage
        self.order_type = order.type
        self.security_type = order.symbol.security_type
        self.time = order.created_time
        self.tag = order.tag
        self.order_id = order.id
        self.order_properties = properties
        self.status = OrderRequestStatus.PROCESSED


@pascal
class UpdateOrderRequest:
    __slots__ = ("order_id", "quantity", "limit_price", "stop_price", "trigger_price", "trailing_amount", "tag", "time", "response")

    def __init__(self, order_id, fields, response):
        self.order_id = order_id
        for name in UpdateOrderFields.__slots__:
            setattr(self, name, getattr(fields, name))
        self.time = _engine.utc_time()
        self.response = response


@pascal
class CancelOrderRequest:
    __slots__ = ("order_id", "tag", "time", "response")

    def __init__(self, order_id, tag, response):
        self.order_id = order_id
        self.tag = tag
        self.time = _engine.utc_time()
        self.response = response


@pascal
class OrderResponse:
    __slots__ = ("order_id", "is_success", "error_code", "error_message")

    def __init__(self, order_id, answer):
        self.order_id = order_id
        self.is_success, self.error_code, self.error_message = answer

    is_error = property(lambda self: not self.is_success)
    is_processed = property(lambda self: True)

    def __bool__(self):
        return self.is_success

    def __repr__(self):
        return "Success" if self.is_success else f"Error: {self.error_code} - {self.error_message}"


@pascal
class Order:
    """An order as it is now; ask again for its later states."""

    __slots__ = (
        "id", "symbol", "type", "status", "quantity", "price", "limit_price", "stop_price", "trigger_price",
        "trailing_amount", "trailing_as_percentage", "tag", "time", "created_time", "last_fill_time",
        "last_update_time", "canceled_time", "price_currency", "broker_id", "properties", "value",
    )  # fmt: skip

    def __init__(self, known):
        for name in Order.__slots__:
            value = known.get(name)
            if value is not None and (name == "time" or name.endswith("_time")):
                value = moment(value)
            setattr(self, name, value)
        self.symbol = symbol_of(known["symbol"])
        self.type = OrderType(known["type"])
        self.status = OrderStatus(known["status"])
        self.properties = OrderProperties(TimeInForce(known.get("time_in_force", "gtc")))

    @property
    def direction(self):
        return OrderDirection(0 if self.quantity > 0 else 1 if self.quantity < 0 else 2)

    absolute_quantity = property(lambda self: abs(self.quantity))
    security_type = property(lambda self: self.symbol.security_type)
    time_in_force = property(lambda self: self.properties.time_in_force)

    def __repr__(self):
        return f"OrderId: {self.id} {self.status} {self.type} order for {self.quantity} {self.symbol}"


def _buffer(self):
    return timedelta(microseconds=call("orders.get_close_buffer"))


class _BufferedType(type):
    """The time before the close after which market-on-close orders are refused; it belongs to the class."""

    submission_time_buffer = property(_buffer, lambda self, span: call("orders.set_close_buffer", _engine.span(span)))
    SubmissionTimeBuffer = submission_time_buffer


class MarketOnCloseOrder(Order, metaclass=_BufferedType):
    __slots__ = ()
    DEFAULT_SUBMISSION_TIME_BUFFER = DefaultSubmissionTimeBuffer = timedelta(minutes=15, seconds=30)


_tickets = {}


def ticket_of(handle):
    """The one ticket object of a handle of the engine."""
    found = _tickets.get(handle)
    if found is None:
        found = _tickets[handle] = OrderTicket(handle)
    return found


def tickets_of(handles):
    return [ticket_of(handle) for handle in handles]


@pascal
class OrderTicket:
    """Follows one order, and changes or cancels it."""

    __slots__ = ("_handle", "_properties", "update_requests", "cancel_request")

    def __init__(self, handle):
        self._handle = handle
        self._properties = None
        self.update_requests = []
        self.cancel_request = None

    order_id = property(lambda self: call("ticket.order_id", self._handle))
    status = property(lambda self: OrderStatus(call("ticket.status", self._handle)))
    quantity = property(lambda self: call("ticket.quantity", self._handle))
    quantity_filled = property(lambda self: call("ticket.quantity_filled", self._handle))
    quantity_remaining = property(lambda self: self.quantity - self.quantity_filled)
    average_fill_price = property(lambda self: call("ticket.average_fill_price", self._handle))
    tag = property(lambda self: self._order().tag)
    symbol = property(lambda self: self._order().symbol)
    order_type = property(lambda self: self._order().type)
    security_type = property(lambda self: self.symbol.security_type)
    time = property(lambda self: self._order().created_time)
    has_order = property(lambda self: self.order_id > 0)

    def _order(self):
        return Order(_engine.ask("ticket.order", self._handle))

    @property
    def submit_request(self):
        return SubmitOrderRequest(self._order(), self._properties or OrderProperties())

    def get(self, field):
        return call("ticket.get", self._handle, int(OrderField(field)))

    def update(self, fields):
        numbers = [
            None if value is None else float(value)
            for value in (fields.quantity, fields.limit_price, fields.stop_price, fields.trigger_price, fields.trailing_amount)
        ]
        tag = None if fields.tag is None else str(fields.tag)
        response = OrderResponse(self.order_id, _engine.ask("ticket.update", self._handle, tag, *numbers))
        self.update_requests.append(UpdateOrderRequest(self.order_id, fields, response))
        return response

    def _update_one(self, name, value, tag):
        return self.update(UpdateOrderFields(**{name: value}, tag=tag))

    def update_tag(self, tag):
        return self.update(UpdateOrderFields(tag=tag))

    def update_quantity(self, quantity, tag=None):
        return self._update_one("quantity", quantity, tag)

    def update_limit_price(self, limit_price, tag=None):
        return self._update_one("limit_price", limit_price, tag)

    def update_stop_price(self, stop_price, tag=None):
        return self._update_one("stop_price", stop_price, tag)

    def update_trigger_price(self, trigger_price, tag=None):
        return self._update_one("trigger_price", trigger_price, tag)

    def update_stop_trailing_amount(self, trailing_amount, tag=None):
        return self._update_one("trailing_amount", trailing_amount, tag)

    def cancel(self, tag=None):
        answer = _engine.ask("ticket.cancel", self._handle, None if tag is None else str(tag))
        response = OrderResponse(self.order_id, answer)
        self.cancel_request = CancelOrderRequest(self.order_id, tag, response)
        return response

    def __repr__(self):
        return f"ticket of order {self.order_id}: {self.status}"


@pascal
class OrderFee:
    __slots__ = ("value",)

    def __init__(self, amount, currency="USD"):
        self.value = CashAmount(amount, currency)


@pascal
class CashAmount:
    __slots__ = ("amount", "currency")

    def __init__(self, amount, currency="USD"):
        self.amount = amount
        self.currency = currency


@pascal
class OrderEvent:
    __slots__ = (
        "order_id", "id", "symbol", "status", "direction", "fill_price", "fill_price_currency", "fill_quantity",
        "quantity", "message", "order_fee", "is_assignment", "limit_price", "stop_price", "trigger_price", "utc_time",
        "_handle",
    )  # fmt: skip

    def __init__(self, known):
        for name in ("order_id", "id", "fill_price", "fill_quantity", "quantity", "message"):
            setattr(self, name, known[name])
        for name in ("limit_price", "stop_price", "trigger_price"):
            setattr(self, name, known.get(name))
        self.symbol = symbol_of(known["symbol"])
        self.status = OrderStatus(known["status"])
        self.direction = OrderDirection(known["direction"])
        self.fill_price_currency = known["currency"]
        self.order_fee = OrderFee(known["fee"], known["fee_currency"])
        self.utc_time = moment(known["utc_time"])
        self.is_assignment = False
        self._handle = known["ticket"]

    ticket = property(lambda self: ticket_of(self._handle))
    absolute_fill_quantity = property(lambda self: abs(self.fill_quantity))

    def __repr__(self):
        fill = f" FillQuantity: {self.fill_quantity} FillPrice: {self.fill_price}" if self.fill_quantity else ""
        return f"Time: {self.utc_time} OrderID: {self.order_id} Symbol: {self.symbol} Status: {self.status}{fill}"


@pascal
class PortfolioTarget:
    """A wanted fraction of the portfolio (in `set_holdings`) or quantity of a symbol."""

    __slots__ = ("symbol", "quantity", "tag")

    def __init__(self, symbol, quantity, tag=""):
        self.symbol = to_symbol(symbol)
        self.quantity = float(quantity)
        self.tag = tag

    @staticmethod
    def percent(algorithm, symbol, percent, tag=""):
        """The holding that is a fraction of the portfolio; None while the symbol has no price."""
        chosen = to_symbol(symbol)
        quantity = call("targets.holding", chosen._index, float(percent))
        return None if quantity is None else PortfolioTarget(chosen, quantity, tag)

    def __repr__(self):
        return f"{self.symbol}: {self.quantity}"


@pascal
class SecurityTransactionManager:
    __slots__ = ()

    orders_count = property(lambda self: int(_engine.board[ORDERS_COUNT]))

    def _filtered(self, handles, wanted):
        if wanted is None:
            return handles
        if callable(wanted):
            return [item for item in handles if wanted(item)]
        symbol = to_symbol(wanted)
        return [item for item in handles if item.symbol == symbol]

    def get_order_by_id(self, order_id):
        known = _engine.ask("order.get", int(order_id))
        return None if known is None else Order(known)

    def get_order_ticket(self, order_id):
        handle = call("order.ticket", int(order_id))
        return None if handle is None else ticket_of(handle)

    def get_orders(self, filter=None):
        return self._filtered([Order(known) for known in _engine.ask("orders.all", False)], filter)

    def get_open_orders(self, symbol=None):
        return self._filtered([Order(known) for known in _engine.ask("orders.all", True)], symbol)

    def get_order_tickets(self, filter=None):
        return self._filtered(tickets_of(_engine.ask("tickets.all", False)), filter)

    def get_open_order_tickets(self, symbol=None):
        return self._filtered(tickets_of(_engine.ask("tickets.all", True)), symbol)

    def get_open_orders_remaining_quantity(self, symbol=None):
        return sum(ticket.quantity_remaining for ticket in self.get_open_order_tickets(symbol))

    def cancel_open_orders(self, symbol=None, tag=None):
        index = None if symbol is None else to_symbol(symbol)._index
        return tickets_of(_engine.ask("orders.cancel_open", index, tag))

    def cancel_order(self, order_id, tag=None):
        ticket = self.get_order_ticket(order_id)
        return None if ticket is None else ticket.cancel(tag)


# Offset, set by bind.
ORDERS_COUNT = 0
