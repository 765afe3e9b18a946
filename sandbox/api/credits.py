"""Prepayments and overpayments: read here, made as bank transactions, used by allocations and refunds."""
from . import settlement
from .contacts import in_document

COMPUTED = ('AmountDue', 'AmountPaid', 'AmountCredited')


class Credits:
    """The prepayments or the overpayments of one organisation, seen by one call."""

    error_flag = None

    def __init__(self, call, sort):
        self._organisation = call.organisation
        self.collection, self.id_key = sort.collection, sort.id_key
        self._rows = call.organisation.documents[sort.collection]

    def rows(self):
        return self._rows.values()

    def get(self, key):
        return self._rows.get(key.lower())

    def shown(self, credit, detail=True):
        """:param bool detail: single or paged reply: lists carry no lines"""
        return {
            **{key: value for key, value in credit.items() if key not in COMPUTED},
            'Contact': in_document(self._organisation.contacts[credit['Contact']['ContactID']]),
            'LineItems': credit['LineItems'] if detail else [],
            'RemainingCredit': credit['AmountDue'],
            'Allocations': settlement.allocations(self._organisation, credit),
            'Payments': settlement.payments(credit),
            'UpdatedDateUTCString': credit['UpdatedDateUTC'].strftime('%Y-%m-%dT%H:%M:%S'),
        }

    def summary(self, credit):
        return self.shown(credit, detail=False)
