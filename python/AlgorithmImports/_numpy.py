"""`np`: the small part of numpy that light algorithms touch; arrays are lists with element-wise arithmetic."""

import math
import operator
import statistics

pi, e, inf, nan = math.pi, math.e, math.inf, math.nan
float64, float32, int64, int32, bool_ = float, float, int, int, bool


def _binary(operation):
    def method(self, other):
        if isinstance(other, (list, tuple)):
            return ndarray(operation(a, b) for a, b in zip(self, other, strict=True))
        return ndarray(operation(a, other) for a in self)

    return method


def _reflected(operation):
    return lambda self, other: _binary(lambda a, b: operation(b, a))(self, other)


class ndarray(list):
    """A list of numbers that calculates element by element."""

    def __getitem__(self, key):
        found = super().__getitem__(key) if not isinstance(key, list) else [x for x, keep in zip(self, key) if keep]
        return ndarray(found) if isinstance(found, list) and not isinstance(found, ndarray) else found

    def __neg__(self):
        return ndarray(-x for x in self)

    __hash__ = None
    size = property(len)
    shape = property(lambda self: (len(self),))

    def mean(self):
        return mean(self)

    def std(self, ddof=0):
        return std(self, ddof=ddof)

    def var(self, ddof=0):
        return var(self, ddof=ddof)

    def sum(self):
        return sum(self)

    def min(self):
        return min(self)

    def max(self):
        return max(self)

    def argmax(self):
        return argmax(self)

    def argmin(self):
        return argmin(self)

    def cumsum(self):
        return cumsum(self)

    def tolist(self):
        return list(self)

    def astype(self, kind):
        return ndarray(kind(x) for x in self)


for _name in "add sub mul truediv floordiv mod pow lt le gt ge eq ne".split():
    setattr(ndarray, f"__{_name}__", _binary(getattr(operator, _name)))
for _name in "add sub mul truediv pow".split():
    setattr(ndarray, f"__r{_name}__", _reflected(getattr(operator, _name)))


def _elementwise(function):
    def apply(values):
        return ndarray(function(x) for x in values) if isinstance(values, (list, tuple)) else function(values)

    return apply


def _sign(x):
    return (x > 0) - (x < 0)


def _log(x):
    return math.log(x) if x > 0 else (-inf if x == 0 else nan)


_builtin_abs, _builtin_sum, _builtin_min, _builtin_max, _builtin_round = abs, sum, min, max, round

log, log10, log2, log1p = _elementwise(_log), _elementwise(math.log10), _elementwise(math.log2), _elementwise(math.log1p)
exp, sqrt, sign = _elementwise(math.exp), _elementwise(lambda x: math.sqrt(x) if x >= 0 else nan), _elementwise(_sign)
sin, cos, tan, tanh = (_elementwise(f) for f in (math.sin, math.cos, math.tan, math.tanh))
arctan, arcsin, arccos = (_elementwise(f) for f in (math.atan, math.asin, math.acos))
floor, ceil = _elementwise(lambda x: float(math.floor(x))), _elementwise(lambda x: float(math.ceil(x)))
abs = absolute = fabs = _elementwise(_builtin_abs)
isnan, isfinite, isinf = _elementwise(math.isnan), _elementwise(math.isfinite), _elementwise(math.isinf)
square = _elementwise(lambda x: x * x)


def array(values, dtype=None):
    return ndarray(values if dtype is None else map(dtype, values))


asarray = array


def arange(*bounds):
    start, stop, step = (0, bounds[0], 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    count = _builtin_max(0, math.ceil((stop - start) / step))
    return ndarray(start + number * step for number in range(count))


def linspace(start, stop, num=50):
    return ndarray(start + (stop - start) * number / (num - 1) for number in range(num)) if num > 1 else ndarray([start])


def zeros(count, dtype=float):
    return ndarray(dtype(0) for _ in range(count))


def ones(count, dtype=float):
    return ndarray(dtype(1) for _ in range(count))


def full(count, value):
    return ndarray([value] * count)


def sum(values):
    return math.fsum(values) if any(isinstance(x, float) for x in values) else _builtin_sum(values)


def mean(values):
    return math.fsum(values) / len(values) if len(values) else nan


average = mean


def var(values, ddof=0):
    middle = mean(values)
    return math.fsum((x - middle) ** 2 for x in values) / (len(values) - ddof) if len(values) > ddof else nan


def std(values, ddof=0):
    return math.sqrt(var(values, ddof)) if len(values) > ddof else nan


def median(values):
    return float(statistics.median(values)) if len(values) else nan


def percentile(values, q):
    ordered = sorted(values)
    place = (len(ordered) - 1) * q / 100
    low = math.floor(place)
    high = _builtin_min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def min(values):
    return _builtin_min(values)


def max(values):
    return _builtin_max(values)


amin, amax = min, max


def argmax(values):
    return _builtin_max(range(len(values)), key=lambda place: values[place])


def argmin(values):
    return _builtin_min(range(len(values)), key=lambda place: values[place])


def argsort(values):
    return ndarray(sorted(range(len(values)), key=lambda place: values[place]))


def diff(values):
    return ndarray(b - a for a, b in zip(values, values[1:]))


def cumsum(values):
    total, found = 0, ndarray()
    for value in values:
        total += value
        found.append(total)
    return found


def prod(values):
    return math.prod(values)


def dot(left, right):
    return math.fsum(a * b for a, b in zip(left, right, strict=True))


def clip(values, low, high):
    return _elementwise(lambda x: _builtin_min(_builtin_max(x, low), high))(values)


def round(values, decimals=0):
    return _elementwise(lambda x: _builtin_round(x, decimals))(values)


def maximum(left, right):
    return _pairs(_builtin_max, left, right)


def minimum(left, right):
    return _pairs(_builtin_min, left, right)


def where(condition, yes, no):
    if not isinstance(condition, (list, tuple)):
        return yes if condition else no
    pick = lambda source, place: source[place] if isinstance(source, (list, tuple)) else source  # noqa: E731
    return ndarray(pick(yes if keep else no, place) for place, keep in enumerate(condition))


def _pairs(function, left, right):
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return ndarray(function(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, (list, tuple)):
        return ndarray(function(a, right) for a in left)
    return ndarray(function(left, b) for b in right) if isinstance(right, (list, tuple)) else function(left, right)


def any(values):
    for value in values:
        if value:
            return True
    return False


def all(values):
    for value in values:
        if not value:
            return False
    return True


def isclose(a, b, rtol=1e-05, atol=1e-08):
    return _builtin_abs(a - b) <= atol + rtol * _builtin_abs(b)


def corrcoef(left, right):
    a, b = mean(left), mean(right)
    covariance = math.fsum((x - a) * (y - b) for x, y in zip(left, right, strict=True)) / len(left)
    value = covariance / (std(left) * std(right))
    return ndarray([ndarray([1.0, value]), ndarray([value, 1.0])])
