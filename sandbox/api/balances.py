"""What contacts owe and are owed, as the API tells it with a contact."""
from collections import defaultdict
from decimal import Decimal

from .sorts import SORTS


def balances(organisation, today):
    """Xero's ``Balances``, in the currency of each document without conversion.

    Open credit lowers ``Outstanding`` and leaves ``Overdue`` alone, so that the first may be the smaller one or negative: so it is in the
    example of Xero's own specification.

    :param date today: in the organisation's time zone
    :return: dict by ContactID; a contact without approved documents is not in it
    """
    found = defaultdict(lambda: {side: {'Outstanding': Decimal(0), 'Overdue': Decimal(0)} for side in (
        'AccountsReceivable', 'AccountsPayable')})
    for collection, sort in SORTS.items():
        for document in organisation.documents[collection].values():
            if document['Status'] not in ('AUTHORISED', 'PAID'):
                continue
            sums = found[document['Contact']['ContactID']]['AccountsReceivable' if document['Type'] == sort.sale else 'AccountsPayable']
            sums['Outstanding'] += -document['AmountDue'] if sort.is_credit else document['AmountDue']
            if not sort.is_credit and document.get('DueDate', today) < today:
                sums['Overdue'] += document['AmountDue']
    return found
