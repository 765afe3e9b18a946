import json

from odoo import fields, models

from ..const import ZERO_ID


class XeroRequest(models.Model):
    """One call that writes: frozen body, idempotency key, the exports in it, the answer.

    It is committed before it is sent and never changed but for its answer, so that the same bytes can go out again under the
    same key, and so that a person can read what was sent.
    """
    _name = 'xero.request'
    _description = "Xero Request"
    _order = 'id desc'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    kind = fields.Char(required=True, readonly=True, help="The kind of document in it, or 'contact'.")
    export_ids = fields.Many2many('xero.export', 'xero_request_export_rel', 'request_id', 'export_id', string="Documents", readonly=True)
    method = fields.Char(required=True, readonly=True)
    path = fields.Char(required=True, readonly=True)
    key = fields.Char(string="Idempotency key", required=True, readonly=True)
    body = fields.Text(readonly=True, groups='account_xero.group_xero_invoice_admin')
    frozen = fields.Json(readonly=True, help="In the order of the body: what each element stands for.")
    state = fields.Selection(
        [('sending', "Sending"), ('unanswered', "No answer"), ('answered', "Answered")],
        default='sending', required=True, readonly=True)
    sent_at = fields.Datetime(string="Sent at", default=fields.Datetime.now, readonly=True)
    tries = fields.Integer(default=1, readonly=True, help="How often the same bytes went out under the same key.")
    answered_at = fields.Datetime(readonly=True)
    http_status = fields.Integer(string="HTTP status", readonly=True)
    correlation_id = fields.Char(readonly=True)
    answer = fields.Text(readonly=True, groups='account_xero.group_xero_invoice_admin')
    error = fields.Char(readonly=True)

    _open = models.Index("(connection_id) WHERE state != 'answered'")

    def _compute_display_name(self):
        for request in self:
            request.display_name = f'{request.method} {request.path} #{request.id}'

    def _kind(self):
        """Return the model of its documents' kind; what all kinds have in common for contacts, which are none."""
        return self.env['xero.kind' if self.kind == 'contact' else f'xero.kind.{self.kind}']

    def _elements(self):
        """Return the elements of the frozen body, in its order."""
        self.ensure_one()
        [elements] = json.loads(self.body).values()
        return elements

    def _recognise(self, kind, elements):
        """Pair what was sent with what was answered.

        The position counts only if the keys of all agree; else each element is recognised by its own key, if only one has it.

        :param kind: model of the documents' kind.
        :param list elements: of the answer.
        :return: list of (frozen, element or None).
        """
        identify = kind._key if self.method == 'PUT' else (lambda element: element.get(kind._xero_id))
        sent = [identify(element) for element in self._elements()]
        answered = [identify(element) for element in elements]
        # A change that is refused comes back with an id of zeros
        if len(sent) == len(answered) and all(theirs in (ours, ZERO_ID) for ours, theirs in zip(sent, answered)):
            return list(zip(self.frozen, elements))
        by_key = {key: element for key, element in zip(answered, elements) if answered.count(key) == 1}
        return [(frozen, by_key.get(key)) for frozen, key in zip(self.frozen, sent)]

    def _close(self, http_status, correlation_id, answer, error=False):
        """Remember the answer; the request is over."""
        self.write({
            'state': 'answered', 'answered_at': fields.Datetime.now(), 'http_status': http_status or 0,
            'correlation_id': correlation_id, 'answer': answer, 'error': error,
        })

    def _lose_answer(self, error, http_status=0, correlation_id=False):
        """Nobody knows what came of the request: its documents are uncertain until Xero is asked."""
        self.write({'state': 'unanswered', 'error': error, 'http_status': http_status or 0, 'correlation_id': correlation_id})
        self.export_ids.filtered(lambda export: export.state == 'sending').write({'state': 'uncertain'})

    def _element_of(self, export):
        """Return how a document went out last, as readable JSON, or False."""
        for request in self.sorted('id', reverse=True):
            for frozen, element in zip(request.frozen or [], request._elements() if request.kind != 'contact' else []):
                if frozen.get('export') == export.id:
                    return json.dumps(element, indent=2, ensure_ascii=False)
        return False
