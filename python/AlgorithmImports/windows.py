"""Small collections of LEAN's: the rolling window (newest first) and the circular queue."""

from ._names import pascal


class _Generic:
    """Lets `RollingWindow[float](10)` be written as in C#."""

    __slots__ = ()

    def __class_getitem__(cls, item):
        return cls


@pascal
class RollingWindow(_Generic):
    """The last `size` items; index 0 is the newest."""

    __slots__ = ("_size", "_items", "samples", "_removed")

    def __init__(self, size):
        if size < 1:
            raise ValueError("RollingWindow must have size of at least 1")
        self._size = size
        self._items = []
        self._removed = None
        self.samples = 0

    def add(self, item):
        self._items.insert(0, item)
        self.samples += 1
        if len(self._items) > self._size:
            self._removed = self._items.pop()

    def reset(self):
        self._items.clear()
        self._removed = None
        self.samples = 0

    count = property(lambda self: len(self._items))
    is_ready = property(lambda self: self.samples >= self._size)

    @property
    def size(self):
        return self._size

    @size.setter
    def size(self, size):
        self._size = size
        del self._items[size:]

    @property
    def most_recently_removed(self):
        if self._removed is None:
            raise ValueError("No items have been removed yet!")
        return self._removed

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self._items[index]
        if index < 0 or index >= self._size:
            raise IndexError(f"index {index} is outside of a window of {self._size}")
        return self._items[index] if index < len(self._items) else None

    def __setitem__(self, index, item):
        self._items[index] = item

    def __iter__(self):
        return iter(self._items)

    def __len__(self):
        return len(self._items)


@pascal
class CircularQueue(_Generic):
    """Gives its items round and round; the handlers of `circle_completed` hear each return to the first."""

    __slots__ = ("_items", "_head", "circle_completed")

    def __init__(self, *items):
        self._items = list(items[0]) if len(items) == 1 and not isinstance(items[0], (str, int, float)) else list(items)
        self._head = 0
        self.circle_completed = Event()

    def dequeue(self):
        if self._head == 0:
            # LEAN fires on every return to the head, the first time included.
            self.circle_completed(self, None)
        item = self._items[self._head]
        self._head = (self._head + 1) % len(self._items)
        return item

    def __iter__(self):
        return iter(self._items)

    def __len__(self):
        return len(self._items)


class Event:
    """A list of handlers: `event += handler`, `event -= handler`."""

    __slots__ = ("_handlers", "_attached")

    def __init__(self, attached=None):
        self._handlers = []
        # Called once, before the first handler: connects to the engine only what somebody hears.
        self._attached = attached

    def __iadd__(self, handler):
        if not self._handlers and self._attached is not None:
            self._attached()
        self._handlers.append(handler)
        return self

    def __isub__(self, handler):
        if handler in self._handlers:
            self._handlers.remove(handler)
        return self

    def __call__(self, *arguments):
        for handler in list(self._handlers):
            handler(*arguments)

    def __bool__(self):
        return bool(self._handlers)
