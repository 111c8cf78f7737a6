"""LEAN's enumerations, with LEAN's integers."""

from ._names import lean_enum

Resolution = lean_enum("Resolution", "TICK=0 SECOND MINUTE HOUR DAILY")
OrderType = lean_enum(
    "OrderType",
    "MARKET=0 LIMIT STOP_MARKET STOP_LIMIT MARKET_ON_OPEN MARKET_ON_CLOSE OPTION_EXERCISE LIMIT_IF_TOUCHED"
    " COMBO_MARKET COMBO_LIMIT COMBO_LEG_LIMIT TRAILING_STOP",
)
OrderStatus = lean_enum(
    "OrderStatus",
    "NEW=0 SUBMITTED=1 PARTIALLY_FILLED=2 FILLED=3 CANCELED=5 NONE=6 INVALID=7 CANCEL_PENDING=8 UPDATE_SUBMITTED=9",
)
OrderDirection = lean_enum("OrderDirection", "BUY=0 SELL HOLD")
OrderField = lean_enum(
    "OrderField", "LIMIT_PRICE=0 STOP_PRICE TRIGGER_PRICE TRAILING_AMOUNT TRAILING_AS_PERCENTAGE"
)
OrderRequestType = lean_enum("OrderRequestType", "SUBMIT=0 UPDATE CANCEL")
OrderRequestStatus = lean_enum("OrderRequestStatus", "UNPROCESSED=0 PROCESSING PROCESSED ERROR")
OrderResponseErrorCode = lean_enum("OrderResponseErrorCode", "NONE=0 PROCESSING_ERROR=-1")
SecurityType = lean_enum(
    "SecurityType",
    "BASE=0 EQUITY OPTION COMMODITY FOREX FUTURE CFD CRYPTO FUTURE_OPTION INDEX INDEX_OPTION CRYPTO_FUTURE",
)
TickType = lean_enum("TickType", "TRADE=0 QUOTE OPEN_INTEREST")
DataNormalizationMode = lean_enum(
    "DataNormalizationMode",
    "RAW=0 ADJUSTED SPLIT_ADJUSTED TOTAL_RETURN FORWARD_PANAMA_CANAL BACKWARDS_PANAMA_CANAL BACKWARDS_RATIO"
    " SCALED_RAW",
)
MovingAverageType = lean_enum(
    "MovingAverageType",
    "SIMPLE=0 EXPONENTIAL WILDERS LINEAR_WEIGHTED_MOVING_AVERAGE DOUBLE_EXPONENTIAL TRIPLE_EXPONENTIAL TRIANGULAR"
    " T3 KAMA HULL ALMA",
)
DelistingType = lean_enum("DelistingType", "WARNING=0 DELISTED")
SplitType = lean_enum("SplitType", "WARNING=0 SPLIT_OCCURRED")
MarketDataType = lean_enum(
    "MarketDataType", "BASE=0 TRADE_BAR TICK AUXILIARY QUOTE_BAR OPTION_CHAIN FUTURES_CHAIN"
)
AccountType = lean_enum("AccountType", "MARGIN=0 CASH")
BrokerageName = lean_enum(
    "BrokerageName",
    "DEFAULT=0 QUANT_CONNECT_BROKERAGE=0 INTERACTIVE_BROKERS_BROKERAGE=1 TRADIER_BROKERAGE=2 OANDA_BROKERAGE=3"
    " FXCM_BROKERAGE=4 BITFINEX=5 BINANCE=6 GDAX=12 ALPACA ALPHA_STREAMS ZERODHA SAMCO ATREYU TRADING_TECHNOLOGIES"
    " KRAKEN FTX FTXUS EXANTE BINANCE_US WOLVERINE TD_AMERITRADE BINANCE_FUTURES BINANCE_COIN_FUTURES RBI BYBIT EZE AXOS"
    " COINBASE TRADE_STATION TERMINAL_LINK CHARLES_SCHWAB TASTYTRADE",
)
SeriesType = lean_enum("SeriesType", "LINE=0 SCATTER CANDLE BAR FLAG STACKED_AREA PIE TREEMAP")
AlgorithmMode = lean_enum("AlgorithmMode", "LIVE=0 OPTIMIZATION BACKTESTING RESEARCH")
IndicatorStatus = lean_enum("IndicatorStatus", "SUCCESS=0 INVALID_INPUT MATH_ERROR VALUE_NOT_READY")


class DayOfWeek:
    """Days as `datetime.weekday()` does not count them: Sunday is 0."""

    SUNDAY, MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = range(7)
    Sunday, Monday, Tuesday, Wednesday, Thursday, Friday, Saturday = range(7)


class Market:
    """Names of markets."""

    USA = "usa"
    OANDA = Oanda = "oanda"
    FXCM = "fxcm"
    GDAX = "gdax"
    COINBASE = Coinbase = "coinbase"
    BITFINEX = Bitfinex = "bitfinex"
    BINANCE = Binance = "binance"
    KRAKEN = Kraken = "kraken"
    BYBIT = Bybit = "bybit"
    BINANCE_US = BinanceUS = "binanceus"


class Currencies:
    """Codes of currencies."""

    USD = "USD"
    EUR = "EUR"
    GBP = "GBP"
    JPY = "JPY"


class TimeZones:
    """Names of time zones."""

    UTC = Utc = "UTC"
    NEW_YORK = NewYork = "America/New_York"
    CHICAGO = Chicago = "America/Chicago"
    LOS_ANGELES = LosAngeles = "America/Los_Angeles"
    LONDON = London = "Europe/London"
    PARIS = Paris = "Europe/Paris"
    BERLIN = Berlin = "Europe/Berlin"
    TOKYO = Tokyo = "Asia/Tokyo"
    HONG_KONG = HongKong = "Asia/Hong_Kong"
    SYDNEY = Sydney = "Australia/Sydney"
