"""Names of LEAN that Quantwright does not offer yet, and what to do instead."""

_ASSETS = "only US equities and crypto pairs are supported so far: use add_equity or add_crypto"
_FRAMEWORK = "this framework model is not part of the sandbox: derive your own from its base class"
_UNIVERSE = "only lists of symbols are supported so far: use ManualUniverseSelectionModel, or add_equity"
_DATA = "custom and alternative data are not supported yet"
_PANDAS = "pandas is not part of the sandbox: history() gives a small table of its own"

#: Members of QCAlgorithm.
MEMBERS = {
    **dict.fromkeys(
        ("add_option add_option_contract add_future add_future_contract add_future_option add_forex add_cfd"
         " add_crypto_future add_index add_index_option option_chain option_chains futures_chain").split(),
        _ASSETS,
    ),
    **dict.fromkeys(
        "add_universe universe universe_manager".split(),
        _UNIVERSE,
    ),
    **dict.fromkeys("add_data download notify".split(), _DATA),
    **dict.fromkeys(
        "combo_market_order combo_limit_order combo_leg_limit_order exercise_option buy_strategy".split(), _ASSETS
    ),
    "pandas_converter": _PANDAS,
}  # fmt: skip

#: Names that LEAN's star import brings and ours does not.
GLOBALS = {
    "pd": _PANDAS,
    **dict.fromkeys(
        ("MacdAlphaModel HistoricalReturnsAlphaModel TrailingStopRiskManagementModel"
         " MeanVarianceOptimizationPortfolioConstructionModel BlackLittermanOptimizationPortfolioConstructionModel"
         " RiskParityPortfolioConstructionModel SectorWeightingPortfolioConstructionModel"
         " VolumeWeightedAveragePriceExecutionModel StandardDeviationExecutionModel SpreadExecutionModel"
         " MaximumSectorExposureRiskManagementModel").split(),
        _FRAMEWORK,
    ),
    **dict.fromkeys(
        ("ScheduledUniverseSelectionModel FundamentalUniverseSelectionModel Universe Fundamental"
         " CoarseFundamental").split(),
        _UNIVERSE,
    ),
    **dict.fromkeys("PythonData PythonQuandl SubscriptionDataSource SubscriptionTransportMedium".split(), _DATA),
    **dict.fromkeys("OptionRight OptionStyle OptionStrategies Futures Greeks".split(), _ASSETS),
}  # fmt: skip

#: Modules that many algorithms import and that the sandbox cannot have.
MODULES = {
    "numpy": "use np from AlgorithmImports for elementary functions and statistics, or plain Python and math",
    "pandas": "use the table that history() returns, or plain Python",
    **dict.fromkeys(
        "scipy sklearn statsmodels matplotlib torch tensorflow keras xgboost talib requests QuantLib cvxpy".split(),
        "this package is not part of the sandbox: write what you need in plain Python",
    ),
}
