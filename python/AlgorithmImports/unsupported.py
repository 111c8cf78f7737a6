"""Names of LEAN that Quantwright does not offer yet, and what to do instead."""

_ASSETS = "only US equities and crypto pairs are supported so far: use add_equity or add_crypto"
_FRAMEWORK = "framework models are not supported yet: trade in on_data or in scheduled events"
_UNIVERSE = "universes are not supported yet: add the securities by name with add_equity"
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
        ("set_alpha add_alpha set_portfolio_construction set_execution set_risk_management add_risk_management"
         " emit_insights insights").split(),
        _FRAMEWORK,
    ),
    **dict.fromkeys(
        "add_universe set_universe_selection add_universe_selection universe universe_settings universe_manager".split(),
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
        ("Insight InsightType InsightDirection AlphaModel ConstantAlphaModel EmaCrossAlphaModel MacdAlphaModel"
         " RsiAlphaModel HistoricalReturnsAlphaModel PortfolioConstructionModel EqualWeightingPortfolioConstructionModel"
         " InsightWeightingPortfolioConstructionModel ExecutionModel ImmediateExecutionModel NullExecutionModel"
         " RiskManagementModel NullRiskManagementModel MaximumDrawdownPercentPerSecurity"
         " MaximumDrawdownPercentPortfolio TrailingStopRiskManagementModel").split(),
        _FRAMEWORK,
    ),
    **dict.fromkeys(
        ("UniverseSelectionModel ManualUniverseSelectionModel ScheduledUniverseSelectionModel"
         " FundamentalUniverseSelectionModel Universe UniverseSettings Fundamental CoarseFundamental").split(),
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
