"""The small read-only table that `history` returns: rows by symbol and time, columns by name."""

from datetime import datetime

from . import _engine
from ._names import pascal
from ._packages import np, pd
from .symbols import Symbol, find_symbol


class FrameError(AttributeError):
    """Something that pandas has and this table has not."""


_MISSING = (
    "this table is not a pandas DataFrame and has no {!r}: it offers columns, index, loc, iloc, iterrows, itertuples,"
    " len, empty, head, tail, mean, sum, min, max, std, pct_change, diff and tolist"
)


class _Missing:
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise FrameError(_MISSING.format(name))


class Column(_Missing):
    """One column: values in order of their index."""

    def __init__(self, name, index, values):
        self.name = name
        self.index = list(index)
        self.values = list(values)

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return iter(self.values)

    def __bool__(self):
        return bool(self.values)

    def __getitem__(self, key):
        if isinstance(key, slice):
            return Column(self.name, self.index[key], self.values[key])
        if isinstance(key, int):
            return self.values[key]
        return _rows_of(self, key)

    @property
    def loc(self):
        return _Locator(lambda key: _rows_of(self, key))

    @property
    def iloc(self):
        return _Locator(lambda key: self[key])

    empty = property(lambda self: not self.values)
    size = property(lambda self: len(self.values))

    def items(self):
        return zip(self.index, self.values)

    def tolist(self):
        return list(self.values)

    to_list = tolist

    def sum(self):
        return sum(self.values)

    def mean(self):
        return sum(self.values) / len(self.values) if self.values else float("nan")

    def min(self):
        return min(self.values)

    def max(self):
        return max(self.values)

    def std(self, ddof=1):
        if len(self.values) <= ddof:
            return float("nan")
        middle = self.mean()
        return (sum((value - middle) ** 2 for value in self.values) / (len(self.values) - ddof)) ** 0.5

    def head(self, count=5):
        return self[:count]

    def tail(self, count=5):
        return self[-count:]

    def diff(self):
        pairs = zip(self.values, self.values[1:])
        return Column(self.name, self.index, [float("nan"), *(b - a for a, b in pairs)][: len(self.values)])

    def pct_change(self):
        pairs = zip(self.values, self.values[1:])
        return Column(self.name, self.index, [float("nan"), *(b / a - 1 for a, b in pairs)][: len(self.values)])

    def dropna(self):
        kept = [(key, value) for key, value in self.items() if value == value]
        return Column(self.name, [key for key, _ in kept], [value for _, value in kept])

    def __repr__(self):
        return "\n".join(f"{key}  {value}" for key, value in self.items())


class _Locator:
    def __init__(self, find):
        self._find = find

    def __getitem__(self, key):
        return self._find(key)


def _matches(row, key):
    """Whether an index entry, (symbol, time) or time, is meant by a key."""
    parts = row if isinstance(row, tuple) else (row,)
    if isinstance(key, tuple):
        return all(_matches((part,), wanted) for part, wanted in zip(parts, key))
    if isinstance(key, (Symbol, str)) and isinstance(parts[0], Symbol):
        return parts[0] == find_symbol(key)
    return key in parts


def _without(row, key):
    """The index entry after its symbol was chosen."""
    if isinstance(row, tuple) and isinstance(key, (Symbol, str)):
        return row[1]
    return row


def _rows_of(column, key):
    kept = [(_without(row, key), value) for row, value in column.items() if _matches(row, key)]
    if not kept:
        raise KeyError(key)
    if isinstance(key, (tuple, datetime)) and len(kept) == 1:
        return kept[0][1]
    return Column(column.name, [row for row, _ in kept], [value for _, value in kept])


@pascal
class Row(_Missing):
    """One row: by attribute and by name."""

    def __init__(self, index, values):
        self.name = index
        self._values = values

    def __getitem__(self, key):
        return self._values[key]

    def __getattr__(self, name):
        if name in self.__dict__.get("_values", ()):
            return self._values[name]
        return super().__getattr__(name)


class Frame(_Missing):
    """Columns of equal length over one index."""

    def __init__(self, index, columns):
        self.index = list(index)
        self._columns = dict(columns)

    columns = property(lambda self: list(self._columns))
    empty = property(lambda self: not self.index)
    shape = property(lambda self: (len(self.index), len(self._columns)))
    size = property(lambda self: len(self.index) * len(self._columns))

    def __len__(self):
        return len(self.index)

    def __bool__(self):
        raise ValueError("the truth of a table is ambiguous: use .empty")

    def __contains__(self, name):
        return name in self._columns

    def __iter__(self):
        return iter(self._columns)

    def __getattr__(self, name):
        if name in self.__dict__.get("_columns", ()):
            return self[name]
        return super().__getattr__(name)

    def __getitem__(self, key):
        if isinstance(key, list):
            return Frame(self.index, {name: self._columns[name] for name in key})
        if isinstance(key, slice):
            return Frame(self.index[key], {name: values[key] for name, values in self._columns.items()})
        return Column(key, self.index, self._columns[key])

    @property
    def loc(self):
        return _Locator(self._rows)

    @property
    def iloc(self):
        return _Locator(self._at)

    def _at(self, key):
        if isinstance(key, slice):
            return self[key]
        return Row(self.index[key], {name: values[key] for name, values in self._columns.items()})

    def _rows(self, key):
        if isinstance(key, tuple) and len(key) == 2 and key[1] in self._columns:
            return self[key[1]].loc[key[0]]
        kept = [number for number, row in enumerate(self.index) if _matches(row, key)]
        if not kept:
            raise KeyError(key)
        if isinstance(key, (tuple, datetime)) and len(kept) == 1:
            return self._at(kept[0])
        index = [_without(self.index[number], key) for number in kept]
        return Frame(index, {name: [values[number] for number in kept] for name, values in self._columns.items()})

    def iterrows(self):
        return ((row, self._at(number)) for number, row in enumerate(self.index))

    def itertuples(self):
        for number, row in enumerate(self.index):
            yield Row(row, {"Index": row} | {name: values[number] for name, values in self._columns.items()})

    def items(self):
        return ((name, self[name]) for name in self._columns)

    def head(self, count=5):
        return self[:count]

    def tail(self, count=5):
        return self[-count:]

    def __repr__(self):
        lines = ["index  " + "  ".join(self._columns)]
        lines += [f"{row}  " + "  ".join(str(values[n]) for values in self._columns.values()) for n, row in enumerate(self.index)]
        return "\n".join(lines[:12])


COLUMNS = ("open", "high", "low", "close", "volume")


def history_frame(rows, symbols):
    """From the engine's rows: [position in symbols, start, end, open, high, low, close, volume] each."""
    # Bars come in order of time; a table holds one symbol after the other, as LEAN's does.
    rows = sorted(rows, key=lambda row: row[0])
    if pd is not None:
        return _pandas_frame(rows, symbols)
    index, columns = [], {name: [] for name in COLUMNS}
    for row in rows:
        index.append((symbols[row[0]], _engine.moment(row[2])))
        for name, value in zip(COLUMNS, row[3:]):
            columns[name].append(float(value))
    return Frame(index, columns)


def _pandas_frame(rows, symbols):
    """The same rows as a DataFrame in LEAN's shape: levels symbol and time, columns in order of their names."""
    times = np.array([row[2] for row in rows], dtype="int64").astype("datetime64[us]").astype("datetime64[ns]")
    index = pd.MultiIndex.from_arrays(
        [pd.Index([symbols[row[0]] for row in rows], dtype=object), pd.DatetimeIndex(times)], names=["symbol", "time"]
    )
    columns = {name: np.array([row[3 + place] for row in rows], dtype="float64") for place, name in enumerate(COLUMNS)}
    return pd.DataFrame({name: columns[name] for name in sorted(columns)}, index=index)
