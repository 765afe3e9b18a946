from dataclasses import dataclass, field
from decimal import Decimal

from odoo import models

from ...tools.xero_money import dumps


@dataclass
class Payload:
    """A document as it would go to Xero.

    `revision` is the export's when it was built, `element` the JSON element, `total` the total that Xero will compute, `key` what
    recognises the element in an answer, `digest` the fingerprint of its content in Odoo, `parts` that of each part of it. `path` is
    where it is sent, if not to its kind's endpoint. With `problems` (`tools.problem.Problem`) it must not be sent; `warnings` are
    sentences for people, which the export keeps when it is in Xero. `is_mark`: only a mark on what is there, not its content.
    """
    export: models.BaseModel
    revision: int = 0
    element: dict = field(default_factory=dict)
    total: Decimal = Decimal(0)
    key: tuple = ()
    digest: str = ''
    parts: dict = field(default_factory=dict)
    path: str = ''
    problems: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    is_mark: bool = False
    size: int = 0   # of the element's bytes in a body, once weighed

    def weigh(self):
        self.size = len(dumps(self.element)) + 1

    def frozen(self):
        """Return what a request remembers of the element, beside the element itself."""
        frozen = {
            'export': self.export.id, 'revision': self.revision, 'digest': self.digest, 'total': str(self.total),
            'operation': self.export.operation}
        optional = {'parts': self.parts, 'warnings': self.warnings, 'is_mark': self.is_mark, 'is_sent': bool(self.element.get('SentToContact'))}
        return {**frozen, **{name: value for name, value in optional.items() if value}}
