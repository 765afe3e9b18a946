def notification(kind, message, *, sticky=False, reload=True):
    """Return the client action that shows a notification.

    :param str kind: `success`, `info`, `warning` or `danger`.
    :param str message: translated.
    :param bool sticky: it stays until the user closes it.
    :param bool reload: it also reloads the page below.
    """
    params = {'type': kind, 'message': message, 'sticky': sticky}
    if reload:
        params['next'] = {'type': 'ir.actions.client', 'tag': 'soft_reload'}
    return {'type': 'ir.actions.client', 'tag': 'display_notification', 'params': params}
