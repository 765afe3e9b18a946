from dataclasses import dataclass, field
from decimal import Decimal

from odoo import models

from ...tools.xero_money import dumps


@dataclass
class Payload:
    """A document as it would be sent to Xero.

    `revision` is that of the export when it was built, `element` the JSON element, `total` the total that Xero will compute, `key` the key
    that identifies the element in an answer, `digest` the fingerprint of its content in Odoo, `parts` that of each part. `path` is the
    path of the call, if it is not the kind's endpoint; those with the same `group` go in one request, and `kept` is what the request stores
    beside the usual values. With `problems` (`tools.problem.Problem`) it must not be sent; `warnings` are sentences for people, which the
    export shows when it is synced. `is_mark`: it changes only the mark as sent, not the content.
    """
    export: models.BaseModel
    revision: int = 0
    element: dict = field(default_factory=dict)
    total: Decimal = Decimal(0)
    key: tuple = ()
    digest: str = ''
    parts: dict = field(default_factory=dict)
    path: str = ''
    group: tuple = ()
    kept: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    is_mark: bool = False
    body: bytes = b''   # the element as JSON, after `dump`

    def dump(self):
        """Set the bytes of the element."""
        self.body = dumps(self.element)

    def frozen(self):
        """Return the values that a request stores about the element, besides the element itself."""
        frozen = {
            'export': self.export.id, 'revision': self.revision, 'digest': self.digest, 'total': str(self.total),
            'operation': self.export.operation}
        optional = {
            'parts': self.parts, 'warnings': self.warnings, 'is_mark': self.is_mark, 'is_sent': bool(self.element.get('SentToContact')),
            'is_tracked': any(line.get('Tracking') for line in self.element.get('LineItems', ()))}
        return {**frozen, **self.kept, **{name: value for name, value in optional.items() if value}}
