"""Symbols: what a security is called. One object per security, equal to its ticker as a text."""

from . import _engine
from ._names import pascal
from .enums import Market, SecurityType


@pascal
class SecurityIdentifier:
    __slots__ = ("text", "symbol", "market", "security_type")

    def __init__(self, text, symbol, market, security_type):
        self.text = text
        self.symbol = symbol
        self.market = market
        self.security_type = security_type

    def __str__(self):
        return self.text

    def __repr__(self):
        return self.text

    def __eq__(self, other):
        return str(other) == self.text

    def __hash__(self):
        return hash(self.text)


@pascal
class Symbol:
    __slots__ = ("_index", "value", "id", "security_type")

    def __init__(self, index, value, identifier, security_type, market):
        self._index = index
        self.value = value
        self.security_type = SecurityType(security_type)
        self.id = SecurityIdentifier(identifier, value, market, self.security_type)

    @staticmethod
    def create(ticker, security_type, market=Market.USA, alias=None):
        """The symbol of a ticker; the security need not be subscribed."""
        return symbol_of(_engine.call("symbol.create", str(ticker), int(security_type), str(market)))

    def to_string(self):
        return self.value

    def to_lower(self):
        return self.value.lower()

    def to_upper(self):
        return self.value.upper()

    def has_underlying(self):
        return False

    def is_canonical(self):
        return False

    def __str__(self):
        return self.value

    def __repr__(self):
        return self.value

    def __eq__(self, other):
        if self is other:
            return True
        if type(other) is Symbol:
            return self._index == other._index
        if isinstance(other, str):
            return other.upper() == self.value or other == self.id.text
        return False

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash(self.value)

    def __lt__(self, other):
        return self.value < str(other)

    def __gt__(self, other):
        return self.value > str(other)

    def __le__(self, other):
        return self.value <= str(other)

    def __ge__(self, other):
        return self.value >= str(other)

    def __format__(self, spec):
        return format(self.value, spec)


_by_index = {}
_by_text = {}


def symbol_of(index):
    """The symbol with the engine's index."""
    found = _by_index.get(index)
    if found is None:
        index = int(index)
        value, identifier, security_type, market = _engine.ask("symbol.describe", index)
        found = _by_index[index] = Symbol(index, value, identifier, security_type, market)
        _by_text.setdefault(value, found)
        _by_text.setdefault(identifier, found)
    return found


def find_symbol(key):
    """The symbol for a Symbol, Security or text that is known already; None otherwise."""
    if type(key) is Symbol:
        return key
    if isinstance(key, str):
        return _by_text.get(key) or _by_text.get(key.upper())
    return getattr(key, "symbol", None)


def to_symbol(key):
    """The symbol for a Symbol, Security or ticker; an unknown ticker is taken for a US equity."""
    found = find_symbol(key)
    if found is not None:
        return found
    if isinstance(key, str):
        return symbol_of(_engine.call("symbol.from_text", key))
    raise TypeError(f"a symbol or a ticker was expected, not {type(key).__name__}")


def index_of(key):
    return key._index if type(key) is Symbol else to_symbol(key)._index
