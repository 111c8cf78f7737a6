"""The object store: what an algorithm keeps beyond its run, by key."""

import base64
import json

from . import _engine
from ._names import pascal
from .slices import KeyValuePair


@pascal
class ObjectStore:
    __slots__ = ()

    keys = property(lambda self: _engine.ask("store.keys"))
    count = property(lambda self: len(self.keys))

    def contains_key(self, path):
        return _engine.call("store.contains", str(path))

    __contains__ = contains_key

    def read_bytes(self, path):
        """The content; a KeyError where there is no such key."""
        content = _engine.call("store.read", str(path))
        if content is None:
            raise KeyError(f"the object store has no key '{path}'; check with contains_key first")
        return base64.b64decode(content)

    def read(self, path, encoding="utf-8"):
        return self.read_bytes(path).decode(encoding or "utf-8")

    read_string = read

    def read_json(self, path, *_):
        return json.loads(self.read(path))

    def save_bytes(self, path, contents):
        _engine.call("store.save", str(path), base64.b64encode(bytes(contents)).decode("ascii"))
        return True

    def save(self, path, text, encoding="utf-8"):
        return self.save_bytes(path, text.encode(encoding or "utf-8"))

    save_string = save

    def save_json(self, path, obj, *_):
        return self.save(path, json.dumps(obj))

    def delete(self, path):
        return _engine.call("store.delete", str(path))

    def clear(self):
        for key in self.keys:
            self.delete(key)

    def __iter__(self):
        return iter([KeyValuePair((key, self.read_bytes(key))) for key in self.keys])

    def __len__(self):
        return len(self.keys)
