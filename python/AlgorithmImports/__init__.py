"""What `from AlgorithmImports import *` brings: LEAN's names, and the modules that its star import brings, too."""

import abc
import collections
import copy
import enum
import functools
import itertools
import json
import math
import random
import statistics
import typing
from collections import defaultdict, deque
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from math import *  # noqa: F403
from typing import Any, Callable, Dict, Iterable, List, Optional, Set, Tuple, Union

from . import _engine, _numpy, framework_modules
from ._packages import np, pd
from .algorithm import QCAlgorithm, SecurityChanges
from .alphas import (
    AlphaModel,
    CompositeAlphaModel,
    ConstantAlphaModel,
    EmaCrossAlphaModel,
    NullAlphaModel,
    RsiAlphaModel,
)
from .bars import (
    Bar,
    BaseData,
    Delisting,
    Dividend,
    IndicatorDataPoint,
    QuoteBar,
    RenkoBar,
    Split,
    SymbolChangedEvent,
    TradeBar,
)
from .commands import Command
from .consolidators import (
    ClassicRenkoConsolidator,
    QuoteBarConsolidator,
    RenkoConsolidator,
    SubscriptionDataConfig,
    TradeBarConsolidator,
)
from .construction import (
    ConfidenceWeightedPortfolioConstructionModel,
    EqualWeightingPortfolioConstructionModel,
    InsightWeightingPortfolioConstructionModel,
    NullPortfolioConstructionModel,
    PortfolioConstructionModel,
)
from .contract import quantwright_contract
from .enums import (
    AccountType,
    AlgorithmMode,
    BrokerageName,
    Currencies,
    DataNormalizationMode,
    DayOfWeek,
    DelistingType,
    IndicatorStatus,
    Market,
    MarketDataType,
    MovingAverageType,
    OrderDirection,
    OrderField,
    OrderRequestStatus,
    OrderRequestType,
    OrderResponseErrorCode,
    OrderStatus,
    OrderType,
    Resolution,
    SecurityType,
    SeriesType,
    SplitType,
    TickType,
    TimeZones,
)
from .execution import (
    CompositeRiskManagementModel,
    ExecutionModel,
    ImmediateExecutionModel,
    MaximumDrawdownPercentPerSecurity,
    MaximumDrawdownPercentPortfolio,
    MaximumUnrealizedProfitPercentPerSecurity,
    NullExecutionModel,
    NullRiskManagementModel,
    RiskManagementModel,
)
from .indicators import CLASSES, IndicatorBase, IndicatorExtensions, PythonIndicator
from .insights import Insight, InsightDirection, InsightType, PortfolioBias
from .models import (
    AlpacaBrokerageModel,
    BinanceBrokerageModel,
    BinanceFeeModel,
    BinanceUSBrokerageModel,
    BitfinexBrokerageModel,
    BitfinexFeeModel,
    BrokerageMessageEvent,
    BrokerageMessageType,
    BybitBrokerageModel,
    BybitFeeModel,
    CoinbaseBrokerageModel,
    CoinbaseFeeModel,
    ConstantFeeModel,
    ConstantSlippageModel,
    DefaultBrokerageModel,
    Extensions,
    FeeModel,
    FuncBenchmark,
    GDAXBrokerageModel,
    GDAXFeeModel,
    InteractiveBrokersBrokerageModel,
    InteractiveBrokersFeeModel,
    KrakenBrokerageModel,
    KrakenFeeModel,
    NullSlippageModel,
    TradeStationBrokerageModel,
    VolumeShareSlippageModel,
)
from .orders import (
    CashAmount,
    InteractiveBrokersOrderProperties,
    MarketOnCloseOrder,
    Order,
    OrderEvent,
    OrderFee,
    OrderProperties,
    OrderResponse,
    OrderTicket,
    PortfolioTarget,
    SubmitOrderRequest,
    TimeInForce,
    UpdateOrderFields,
)
from .scheduling import ScheduledEvent
from .securities import Security, SecurityHolding
from .settings import Chart, Series
from .slices import DataDictionary, Slice
from .symbols import SecurityIdentifier, Symbol
from .universes import (
    ManualUniverseSelectionModel,
    NullUniverseSelectionModel,
    UniverseSelectionModel,
    UniverseSettings,
)
from .windows import CircularQueue, RollingWindow

globals().update(CLASSES)
# Old names of containers and of the holding.
TradeBars = QuoteBars = Dividends = Splits = Delistings = DataDictionary
Holding = SecurityHolding

if pd is None:
    del pd

__all__ = [name for name in globals() if not name.startswith("_") and name not in ("CLASSES",)]
