"""The strategy contract: dates, cash and holdings that a caller may set by parameters."""


def quantwright_contract(algorithm):
    """Applies the parameters qw-start, qw-end (ISO dates), qw-cash and qw-holdings (TICKER:QUANTITY, …) that are set."""
    for name, apply in (("qw-start", algorithm.set_start_date), ("qw-end", algorithm.set_end_date)):
        text = algorithm.get_parameter(name)
        if text:
            apply(*(int(part) for part in text.split("-")))
    cash = algorithm.get_parameter("qw-cash")
    if cash:
        algorithm.set_cash(float(cash))
    holdings = algorithm.get_parameter("qw-holdings")
    wanted = [pair.split(":") for pair in holdings.split(",")] if holdings else []
    algorithm.qw_holdings = {ticker.strip(): float(quantity) for ticker, quantity in wanted}
