"""The rules of the twin: part of the project, written by Quantwright. Do not change them."""

import json


# A bar of a minute is that old before the next one ends, and a little more on its way.
OLDEST_PRICE_SECONDS = 120


def _number(value):
    """A limit: a number above or at zero; None where the limits do not name it. Anything else is an error."""
    if value is None:
        return None
    number = float(value)
    if not 0 <= number < float("inf"):
        raise ValueError(f"a limit of {value!r} cannot be used")
    return number


def _fraction(value):
    number = float(value)
    if not 0 <= number <= 1:
        raise ValueError(f"a fraction of {value!r} cannot be used")
    return number


class Rules:
    """What the account may do, and what it has done so far."""

    def __init__(self, algorithm, given):
        self._algorithm = algorithm
        self._store = given["storeKey"]
        limits = given["limits"]
        names = (
            "maxOrderNotional", "maxPositionNotional", "maxGrossNotional", "maxLeverage", "maxConcentration",
            "priceCollar", "dailyLoss", "maxDrawdown", "ordersPerMinute", "ordersPerDay",
        )  # fmt: skip
        unknown = set(limits) - {*names, "universe", "reduceOnly"}
        if unknown:
            raise ValueError(f"unknown limits: {', '.join(sorted(unknown))}")
        self._limits = {name: _number(limits.get(name)) for name in names}
        self._universe = limits.get("universe", ["*"])
        self._smallest = _fraction(given.get("smallestCapitalFraction", 0))
        self._fraction = _fraction(given.get("capitalFraction", 1))
        self._reduce_only = bool(limits.get("reduceOnly", False))
        self._latched = None
        self._times = []
        self._day = None
        self._start = self._peak = self._last = None
        self._free = None

    # What is kept beyond a run.
    def start(self):
        """Reads what was approved and what was latched. In a backtest nothing outside counts."""
        if self._algorithm.live_mode:
            known = self.read("state")
            mandate = self.read("mandate")
            if mandate is not None:
                self._fraction = min(self._fraction, _fraction(mandate["capitalFraction"]))
            elif known is not None:
                # It ran before, and what was approved is not there: the least that it may have.
                self._fraction = min(self._fraction, self._smallest)
            if known is not None:
                self._fraction = min(self._fraction, _fraction(known["capitalFraction"]))
                self._reduce_only = self._reduce_only or bool(known["reduceOnly"])
                self._latched = known["latched"]
            self.keep()
        self._apply_fraction()

    def read(self, name):
        key = f"{self._store}/{name}"
        return json.loads(self._algorithm.object_store.read(key)) if self._algorithm.object_store.contains_key(key) else None

    def write(self, name, value):
        """Whether it is kept."""
        return self._algorithm.object_store.save(f"{self._store}/{name}", json.dumps(value)) is not False

    def keep(self):
        if self._algorithm.live_mode:
            self.write("state", {
                "capitalFraction": self._fraction, "reduceOnly": self._reduce_only, "latched": self._latched,
            })  # fmt: skip

    def contains(self, name):
        return self._algorithm.object_store.contains_key(f"{self._store}/{name}")

    # What commands change.
    def set_reduce_only(self, wanted):
        self._reduce_only = wanted
        self.keep()

    def lower_fraction(self, wanted):
        """Scales down; a larger fraction changes nothing. Answers what holds."""
        self._fraction = min(self._fraction, _fraction(wanted))
        self._apply_fraction()
        self.keep()
        return self._fraction

    def _apply_fraction(self):
        """What sizing may use: the algorithm's own reserve, and of the rest the fraction."""
        settings = self._algorithm.settings
        if self._fraction < 1:
            self._free = settings.free_portfolio_value_percentage if self._free is None else self._free
            settings.free_portfolio_value_percentage = 1 - self._fraction * (1 - self._free)

    # Judging.
    def order_refusal(self, security, order):
        """(code, why), or None. What fails here refuses."""
        try:
            return self._judge(security, order.id, order.quantity, self._prices(order))
        except Exception as error:
            return "TWIN_FAILED", f"the twin cannot judge the order: {type(error).__name__}: {error}"

    def _reduces(self, security, quantity):
        position, buys, sells = self._open(security.symbol, None)
        return position * quantity < 0 and (buys if quantity > 0 else sells) + abs(quantity) <= abs(position)

    def moment_refusal(self, security, needs_session, quantity):
        """(code, why) of an order from outside that only the price here can judge, where there is none of now."""
        try:
            if self._reduces(security, quantity):
                return None
            bar = security.get_last_data()
            age = None if bar is None else (security.local_time - bar.end_time).total_seconds()
            if age is None or not age <= OLDEST_PRICE_SECONDS:
                told = "none" if age is None else f"{age:.0f} s old"
                return "QUOTE_STALE", f"the last price of {security.symbol.value} is {told}"
            if needs_session and not security.exchange.exchange_open:
                return "RISK_SESSION", f"the market of {security.symbol.value} is closed"
            return None
        except Exception as error:
            return "TWIN_FAILED", f"the twin cannot judge the order: {type(error).__name__}: {error}"

    def bound_refusal(self, security, quantity, prices, most):
        """(code, why) of an order from outside that may cost so much, or None. What fails here refuses."""
        try:
            if self._reduces(security, quantity):
                return None
            price = max(security.price, security.ask_price or 0, *prices)
            value = abs(quantity) * price * self._rate(security)
            # Not "value > most": what is no number is over every bound.
            if not (price > 0 and value <= float(most)):
                return "RISK_ORDER_NOTIONAL", f"it would come to {value:.2f}, at most {float(most):.2f} was asked for"
            return None
        except Exception as error:
            return "TWIN_FAILED", f"the twin cannot judge the order: {type(error).__name__}: {error}"

    def update_refusal(self, security, order, request):
        """The order as it would be, in place of what it is."""
        try:
            ticket = self._algorithm.transactions.get_order_ticket(order.id)
            quantity = order.quantity if request.quantity is None else request.quantity
            left = quantity - ticket.quantity_filled
            if left == 0:
                return None
            prices = self._prices(order)
            for name in prices:
                given = getattr(request, name, None)
                prices[name] = prices[name] if given is None else given
            return self._judge(security, order.id, left, prices)
        except Exception as error:
            return "TWIN_FAILED", f"the twin cannot judge the change: {type(error).__name__}: {error}"

    def _prices(self, order):
        return {name: getattr(order, name, None) or 0 for name in ("limit_price", "stop_price", "trigger_price")}

    def _judge(self, security, order_id, quantity, prices):
        position, buys, sells = self._open(security.symbol, order_id)
        side = buys if quantity > 0 else sells
        if position * quantity < 0 and side + abs(quantity) <= abs(position):
            return None
        self._observe()
        worst = max(security.price, security.ask_price or 0, *prices.values())
        if not worst > 0:
            return "QUOTE_UNAVAILABLE", f"{security.symbol.value} has no price"
        unit = worst * self._rate(security)
        after = (buys + max(quantity, 0), sells + max(-quantity, 0))
        value = max(abs(position + after[0]), abs(position - after[1])) * unit
        gross = value + self._others(security.symbol)
        refusal = self._mode_refusal(security) or self._pace_refusal() or self._collar_refusal(security, prices)
        refusal = refusal or self._money_refusal(abs(quantity) * unit, value, gross)
        self._times.append(self._algorithm.utc_time)
        return refusal

    def _mode_refusal(self, security):
        if self._latched is not None:
            return self._latched, "a limit of losses was reached; an operator re-arms"
        if self._reduce_only or self._fraction == 0:
            return "RISK_REDUCE_ONLY", "only orders that reduce a position are allowed"
        if "*" not in self._universe and security.symbol.value not in self._universe:
            return "RISK_UNIVERSE", f"{security.symbol.value} is not among the symbols that may be traded"
        return None

    def _pace_refusal(self):
        now = self._algorithm.utc_time
        self._times = [time for time in self._times if (now - time).total_seconds() < 86400]
        minute = sum(1 for time in self._times if (now - time).total_seconds() < 60)
        for count, most in ((minute, "ordersPerMinute"), (len(self._times), "ordersPerDay")):
            if self._limits[most] is not None and count >= self._limits[most]:
                return "RISK_ORDER_RATE", f"more than {most} = {self._limits[most]:g}"
        return None

    def _collar_refusal(self, security, prices):
        collar = self._limits["priceCollar"]
        price = prices["limit_price"]
        from_price = prices["stop_price"] or prices["trigger_price"] or security.price
        if collar is not None and price and abs(price - from_price) > collar * from_price:
            return "RISK_PRICE_COLLAR", f"{price:g} is more than {collar:g} away from {from_price:g}"
        return None

    def _money_refusal(self, order, value, gross):
        equity = self._algorithm.portfolio.total_portfolio_value * self._fraction
        leverage, concentration = self._limits["maxLeverage"], self._limits["maxConcentration"]
        if leverage is None and self._fraction < 1:
            leverage = 1
        checks = (
            ("RISK_ORDER_NOTIONAL", order, self._limits["maxOrderNotional"]),
            ("RISK_POSITION", value, self._limits["maxPositionNotional"]),
            ("RISK_GROSS", gross, self._limits["maxGrossNotional"]),
            ("RISK_LEVERAGE", gross, None if leverage is None else leverage * equity),
            ("RISK_CONCENTRATION", value, None if concentration is None else concentration * equity),
        )
        for code, found, most in checks:
            # Not "found > most": what is no number is over every limit.
            if most is not None and not found <= most:
                return code, f"it would come to {found:.2f}, at most {most:.2f} is allowed"
        return None

    def _open(self, symbol, but):
        """Position, and what may still be bought and sold by other orders."""
        buys = sells = 0
        for ticket in self._algorithm.transactions.get_open_order_tickets():
            if ticket.symbol == symbol and ticket.order_id != but:
                left = ticket.quantity - ticket.quantity_filled
                buys, sells = buys + max(left, 0), sells + max(-left, 0)
        return self._algorithm.portfolio[symbol].quantity, buys, sells

    def _others(self, symbol):
        """The worst cases of all other symbols together."""
        others = {}
        for order in self._algorithm.transactions.get_open_orders():
            if order.symbol != symbol:
                others[order.symbol] = max(others.get(order.symbol, 0), *self._prices(order).values())
        total = 0
        for security in self._algorithm.securities.values():
            if security.symbol != symbol and (security.symbol in others or security.invested):
                position, buys, sells = self._open(security.symbol, None)
                price = max(security.price, others.get(security.symbol, 0)) * self._rate(security)
                total += max(abs(position + buys), abs(position - sells)) * price
        return total

    def _rate(self, security):
        """Account currency for one unit of price."""
        return security.quote_currency.conversion_rate * security.symbol_properties.contract_multiplier

    def _observe(self):
        """Equity at the start of the day and at its highest; what is lost beyond the limits latches."""
        equity = self._algorithm.portfolio.total_portfolio_value
        day = self._algorithm.time.date()
        if day != self._day:
            self._day, self._start = day, equity if self._last is None else self._last
        self._last = equity
        self._peak = equity if self._peak is None else max(self._peak, equity)
        loss, fall = self._limits["dailyLoss"], self._limits["maxDrawdown"]
        if loss is not None and self._start - equity >= loss:
            self._latch("RISK_DAILY_LOSS")
        if fall is not None and self._peak > equity and self._peak - equity >= fall * self._peak:
            self._latch("RISK_DRAWDOWN")

    def _latch(self, code):
        if self._latched is None:
            self._latched = code
            self.keep()
