"""The limits again inside the algorithm. Part of the project, written by Quantwright: do not change it.

`guard(globals())` at the end of main.py lets each order and each change of one be judged after the brokerage's own
model. What only reduces a position always passes. Limits come from quantwright_limits.py, which is part of the project,
and what an operator approved besides (the capital fraction) from the object store. It is defence in depth: the gateway
has judged an order from outside before it comes here.
"""

import hashlib
import json
import re
from datetime import datetime

from AlgorithmImports import *
from quantwright_limits import LIMITS
from quantwright_rules import Rules

_TWIN = {}


def guard(names):
    """Wraps `initialize` of the algorithm among these names of a module, so that the twin is installed after it."""
    for item in list(names.values()):
        if isinstance(item, type) and issubclass(item, QCAlgorithm) and item.__module__ == names["__name__"]:
            _wrap(item)


def _wrap(cls):
    spelling = "Initialize" if "Initialize" in vars(cls) and "initialize" not in vars(cls) else "initialize"
    original = getattr(cls, spelling)

    def initialize(self):
        original(self)
        install(self)

    setattr(cls, spelling, initialize)


def install(algorithm):
    """Puts the twin in front of the algorithm's brokerage model and registers the commands."""
    rules = Rules(algorithm, json.loads(LIMITS))
    model = Twin(algorithm.brokerage_model, rules)
    _TWIN["rules"] = rules
    algorithm.set_brokerage_model(model)
    model.installing = False
    rules.start()
    algorithm.add_command(QuantwrightOrder)
    algorithm.add_command(QuantwrightBoundedOrder)
    algorithm.add_command(QuantwrightControl)


class Twin(DefaultBrokerageModel):
    """The brokerage model that was there, asked first, and the rules after it."""

    def __init__(self, model, rules):
        super().__init__(model.account_type)
        self._wraps = model
        self._brokerage = getattr(model, "_brokerage", "DEFAULT")
        self._rules = rules
        # While it is set, securities that are there are set up anew: they keep what the algorithm gave them.
        self.installing = True

    def can_submit_order(self, security, order, message=None):
        allowed = _answer(self._wraps.can_submit_order(security, order, None))
        return allowed if not allowed[0] else _told(self._rules.order_refusal(security, order))

    def can_update_order(self, security, order, request, message=None):
        allowed = _answer(self._wraps.can_update_order(security, order, request, None))
        return allowed if not allowed[0] else _told(self._rules.update_refusal(security, order, request))

    @property
    def default_markets(self):
        return self._wraps.default_markets

    @property
    def required_free_buying_power_percent(self):
        return self._wraps.required_free_buying_power_percent

    def can_execute_order(self, security, order):
        return self._wraps.can_execute_order(security, order)

    def apply_split(self, tickets, split):
        return self._wraps.apply_split(tickets, split)

    def get_leverage(self, security):
        return self._wraps.get_leverage(security)

    def get_benchmark(self, securities):
        return self._wraps.get_benchmark(securities)

    def get_fee_model(self, security):
        return security.fee_model if self.installing else self._wraps.get_fee_model(security)

    def get_fill_model(self, security):
        return security.fill_model if self.installing else self._wraps.get_fill_model(security)

    def get_slippage_model(self, security):
        return security.slippage_model if self.installing else self._wraps.get_slippage_model(security)

    def get_settlement_model(self, security):
        return security.settlement_model if self.installing else self._wraps.get_settlement_model(security)

    def get_buying_power_model(self, security):
        return security.buying_power_model if self.installing else self._wraps.get_buying_power_model(security)

    def get_margin_interest_rate_model(self, security):
        kept = security.margin_interest_rate_model if self.installing else None
        return kept if self.installing else self._wraps.get_margin_interest_rate_model(security)

    def get_shortable_provider(self, security):
        return security.shortable_provider if self.installing else self._wraps.get_shortable_provider(security)


def _answer(answer):
    return answer if isinstance(answer, tuple) else (answer, None)


def _told(refusal):
    if refusal is None:
        return True, None
    return False, BrokerageMessageEvent(BrokerageMessageType.WARNING, refusal[0], refusal[1])


_KEY = re.compile("[A-Za-z0-9_-]{1,120}")
_METHODS = {
    "market": ("market_order", ()),
    "limit": ("limit_order", ("limit_price",)),
    "stop-market": ("stop_market_order", ("stop_price",)),
    "stop-limit": ("stop_limit_order", ("stop_price", "limit_price")),
    "market-on-open": ("market_on_open_order", ()),
    "market-on-close": ("market_on_close_order", ()),
}


class QuantwrightOrder(Command):
    """An order from outside. Its key is the tag of the order and is used once; after `expires` (UTC) it is refused."""

    key = None
    symbol = None
    quantity = None
    order_type = None
    limit_price = None
    stop_price = None
    time_in_force = None
    expires = None

    def run(self, algorithm):
        rules = _TWIN["rules"]
        if not isinstance(self.key, str) or not 0 < len(self.key) <= 400:
            return _refused(algorithm, self.key, "the key is none")
        name = f"orders/{_stored(self.key)}"
        if rules.contains(name):
            return _refused(algorithm, self.key, "the key was used before")
        if not self._is_in_time(algorithm):
            return _refused(algorithm, self.key, "it came too late, or says no time until which it holds")
        security = next((one for one in algorithm.securities.values() if one.symbol.value == self.symbol), None)
        method, prices = _METHODS.get(self.order_type, (None, ()))
        if security is None or method is None:
            return _refused(algorithm, self.key, f"{self.symbol} or {self.order_type} is not known here")
        numbers = [float(getattr(self, price)) for price in prices]
        refusal = self._beyond(rules, security, numbers)
        if refusal is not None:
            return _refused(algorithm, self.key, f"{refusal[0]}: {refusal[1]}")
        # Kept before it goes out: an order that is lost in between is looked up, never sent again.
        if not rules.write(name, {"state": "SEEN"}):
            return _refused(algorithm, self.key, "its key cannot be kept")
        properties = OrderProperties()
        properties.time_in_force = TimeInForce.DAY if self.time_in_force == "day" else TimeInForce.GOOD_TIL_CANCELED
        ticket = getattr(algorithm, method)(security.symbol, float(self.quantity), *numbers, tag=self.key, order_properties=properties)
        state = "REFUSED" if ticket.status == OrderStatus.INVALID else "SENT"
        rules.write(name, {"state": state, "orderId": ticket.order_id})
        return state == "SENT"

    def _beyond(self, rules, security, prices):
        return None

    def _is_in_time(self, algorithm):
        try:
            until = datetime.fromisoformat(str(self.expires).replace("Z", "+00:00")).replace(tzinfo=None)
        except ValueError:
            return False
        return algorithm.utc_time < until


class QuantwrightBoundedOrder(QuantwrightOrder):
    """An order that says what it may cost: the price here decides whether it stays within that."""

    max_notional = None
    # The desk had a price and knew whether the market was open, and has judged both.
    desk_priced = None

    def _beyond(self, rules, security, prices):
        if self.desk_priced is not True:
            refusal = rules.moment_refusal(security, self.order_type != "market-on-open", float(self.quantity))
            if refusal is not None:
                return refusal
        return rules.bound_refusal(security, float(self.quantity), prices, self.max_notional)


class QuantwrightControl(Command):
    """Turns reduce-only on and off, and scales the capital fraction down."""

    reduce_only = None
    capital_fraction = None

    def run(self, algorithm):
        rules = _TWIN["rules"]
        if self.capital_fraction is not None:
            rules.lower_fraction(self.capital_fraction)
        if self.reduce_only is not None:
            rules.set_reduce_only(self.reduce_only is True)
        return True


def _stored(key):
    """A key as a name in the object store: itself where it is plain, else its hash."""
    return key if _KEY.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()


def _refused(algorithm, key, why):
    algorithm.error(f"the order {key} is refused: {why}")
    return False
