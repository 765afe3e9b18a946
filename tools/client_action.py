from typing import Any

NOTIFY = 'account_xero_notify'     # the tag of the client action, and the type of notifications on the bus


def notification(kind: str, message: str, *, reload: bool = True, next_action: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the client action that shows a notification, for as long as it takes to read it (static/src/notify/notify.js).

    :param kind: `success`, `info`, `warning` or `danger`.
    :param message: translated.
    :param reload: it also reloads the page below.
    :param next_action: it is followed by this action, in place of the reload.
    """
    params: dict[str, Any] = notice(kind, message)
    if next_action:
        params['next'] = next_action
    elif reload:
        params['next'] = {'type': 'ir.actions.client', 'tag': 'soft_reload'}
    return {'type': 'ir.actions.client', 'tag': NOTIFY, 'params': params}


def first_warning(actions: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the first of several client actions that shows a warning: what did not work is told before what did. None if all worked."""
    return next((action for action in actions if action.get('params', {}).get('type') == 'warning'), None)


def notice(kind: str, message: str, title: str = '') -> dict[str, Any]:
    """Return the same for a user who may be on any page, to send on the bus: `user._bus_send(NOTIFY, notice(...))`.

    :param title: stands before the message, translated.
    """
    return {'type': kind, 'message': message, **({'title': title} if title else {})}
