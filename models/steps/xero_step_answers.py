from odoo import fields, models

from ...const import IDEMPOTENCY_SAFE
from .slice import Slice


class XeroStepAnswers(models.AbstractModel):
    """Settles requests without an answer: repeats them under their key while Xero still knows it, else starts a look-back."""
    _name = 'xero.step.answers'
    _inherit = 'xero.step'
    _description = "Step of a Xero Slice: settle requests without an answer"

    _sequence = 100

    def _run(self, slice: Slice) -> None:
        requests = self.env['xero.request'].search(self._unanswered_domain(slice.connection), order='id')
        young_since = fields.Datetime.now() - IDEMPOTENCY_SAFE
        young = requests.filtered(lambda request: request.sent_at > young_since and not request.left_out)
        for request in young:
            request.tries += 1
            slice.sender.send(request)
        slice.look_back.look_for_requests(requests - young)

    def _unanswered_domain(self, connection):
        return [('connection_id', '=', connection.id), ('state', '=', 'unanswered')]

    def _has_work(self, connection: models.BaseModel) -> bool:
        return bool(self.env['xero.request'].search_count(self._unanswered_domain(connection), limit=1))
