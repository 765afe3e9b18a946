"""Writing a batch: every element on its own, in both ``summarizeErrors`` modes."""
from . import shapes
from .errors import validation


def save(call, store, elements, create_only, key=None):
    """Save the elements one after the other; the good ones stay saved whatever becomes of the others.

    :param store: ``Contacts``, ``Documents`` or another with ``save``, ``shown``, ``id_key`` and ``error_flag``
    :param list elements: read elements
    :param key: id or number in the path: one document, always in the default mode
    :return: rendered elements, in the order sent
    :raise ApiException: default mode, one failed: only the failed are told
    """
    each = key is None and call.arguments.get('summarizeErrors', 'true').lower() == 'false'
    told, failed = [], []
    for element in elements:
        row, errors, warnings = store.save(element, create_only, key)
        if errors:
            echo = _echo(element, store, errors)
            failed.append(echo)
            told.append(echo | {'StatusAttributeString': 'ERROR'})
            continue
        shown = shapes.jsonable(store.shown(row), call.unitdp)
        if each or warnings:
            shown['StatusAttributeString'] = 'WARNING' if warnings else 'OK'
        if warnings:
            shown['Warnings'] = _messages(warnings)
        told.append(shown)
    if failed and not each:
        raise validation(failed)
    return told


def _echo(element, store, errors):
    """What was sent, with the reasons and an id of zeros."""
    echo = shapes.jsonable(element, 4)
    contact = echo.get('Contact')
    if contact is not None:
        contact['HasValidationErrors'] = False
    return {
        **({store.id_key: shapes.ZERO_ID} if store.id_key else {}),
        **{name: part for name, part in echo.items() if name != store.id_key},
        **({store.error_flag: True} if store.error_flag else {}),
        'ValidationErrors': _messages(errors),
    }


def _messages(texts):
    return [{'Message': text} for text in texts]
