"""Brokerage models of the user's own that have a say about orders."""

import json

from . import _engine
from .models import DefaultBrokerageModel
from .orders import Order, UpdateOrderFields, UpdateOrderRequest


def set_order_gate(model, securities):
    """Lets the engine ask the methods that the model overrides; a model without them is asked nothing."""
    submit, update = _own(model, "can_submit_order"), _own(model, "can_update_order")

    def asked_to_submit(known):
        order = Order(json.loads(known))
        return _refusal(submit(securities[order.symbol], order, None))

    def asked_to_update(known, given):
        order = Order(json.loads(known))
        request = UpdateOrderRequest(order.id, UpdateOrderFields(**json.loads(given)), None)
        return _refusal(update(securities[order.symbol], order, request, None))

    _engine.call(
        "set_order_gate",
        None if submit is None else _engine.register(asked_to_submit),
        None if update is None else _engine.register(asked_to_update),
    )


def _own(model, name):
    """The model's method in the spelling that it overrides."""
    for spelling in (name, "".join(part.title() for part in name.split("_"))):
        if getattr(type(model), spelling) is not getattr(DefaultBrokerageModel, spelling):
            return getattr(model, spelling)
    return None


def _refusal(answer):
    """LEAN's answer is (allowed, message); a plain boolean does, too."""
    allowed, message = answer if isinstance(answer, tuple) else (answer, None)
    if allowed:
        return None
    return str(message) if message is not None else "the brokerage model refuses it"
