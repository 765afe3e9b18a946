from typing import Any


def notification(kind: str, message: str, *, sticky: bool = False, reload: bool = True) -> dict[str, Any]:
    """Return the client action that shows a notification.

    :param kind: `success`, `info`, `warning` or `danger`.
    :param message: translated.
    :param sticky: it stays until the user closes it.
    :param reload: it also reloads the page below.
    """
    params: dict[str, Any] = {'type': kind, 'message': message, 'sticky': sticky}
    if reload:
        params['next'] = {'type': 'ir.actions.client', 'tag': 'soft_reload'}
    return {'type': 'ir.actions.client', 'tag': 'display_notification', 'params': params}
