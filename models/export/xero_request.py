import json

from odoo import api, fields, models
from odoo.tools import SQL

from ...const import ZERO_ID
from ...tools.xero_elements import element_ok
from ...tools.xero_money import dumps

# Values of `kind` of requests that contain what documents need, such as contacts, not documents
PREPARATIONS = ('contact', 'item')


class XeroRequest(models.Model):
    """A writing call: frozen body, idempotency key, exports and answer.

    It is committed before it is sent. Only the answer is written later, so that the same bytes can be sent again under the same key, and
    users can read what was sent.
    """
    _name = 'xero.request'
    _description = "Xero Request"
    _order = 'id desc'

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    kind = fields.Char(required=True, readonly=True, help="The kind of document in it; contacts and items that documents need have one of their own.")
    export_ids = fields.Many2many('xero.export', 'xero_request_export_rel', 'request_id', 'export_id', string="Documents", readonly=True)
    method = fields.Char(required=True, readonly=True)
    path = fields.Char(required=True, readonly=True)
    key = fields.Char(string="Idempotency key", required=True, readonly=True)
    body = fields.Text(readonly=True, groups='account_xero.group_xero_invoice_admin')
    frozen = fields.Json(readonly=True, help="In the order of the body: the export of each element, and its values when it was frozen.")
    state = fields.Selection(
        [('sending', "Sending"), ('unanswered', "No answer"), ('answered', "Answered")],
        default='sending', required=True, readonly=True)
    sent_at = fields.Datetime(string="Sent at", default=fields.Datetime.now, readonly=True)
    tries = fields.Integer(default=1, readonly=True, help="How often the same bytes were sent under the same key.")
    answered_at = fields.Datetime(readonly=True)
    http_status = fields.Integer(string="HTTP status", readonly=True)
    http_words = fields.Char(string="Answer of Xero", compute='_compute_http_words', help="The HTTP status, in words.")
    correlation_id = fields.Char(readonly=True)
    answer = fields.Text(readonly=True, groups='account_xero.group_xero_invoice_admin')
    error = fields.Char(readonly=True)

    left_out = fields.Json(
        readonly=True, help="Exports without an element in the answer. They are searched for, and the same bytes are never sent again.")
    unrecognised = fields.Json(
        readonly=True, groups='account_xero.group_xero_invoice_admin',
        help="Elements that Xero saved, and that match no element that was sent.")

    _open = models.Index("(connection_id) WHERE state != 'answered'")

    @api.depends('http_status', 'state')
    @api.depends_context('lang')
    def _compute_http_words(self):
        for request in self:
            words = request._status_words()
            request.http_words = f'{request.http_status} {words}' if request.http_status else words

    def _status_words(self):
        """Return the HTTP status of the answer in words, by https://developer.xero.com/documentation/api/accounting/responsecodes."""
        if not self.http_status:
            return False if self.state == 'sending' else self.env._("No answer")
        if self.http_status < 300:
            return self.env._("Accepted")
        if self.http_status >= 500:
            return self.env._("Failure at Xero")
        return {
            400: self.env._("Refused"),
            401: self.env._("No access"),
            403: self.env._("No permission"),
            404: self.env._("Not found"),
            413: self.env._("Too large"),
            429: self.env._("Too many calls"),
        }.get(self.http_status, self.env._("Refused"))

    def _compute_display_name(self):
        for request in self:
            request.display_name = f'{request.method} {request.path} #{request.id}'

    def _is_preparation(self):
        """Return whether the request contains what documents need, not documents."""
        return self.kind in PREPARATIONS

    def _of_documents(self):
        """Return the requests that contain documents."""
        return self.filtered(lambda request: not request._is_preparation())

    def _kind(self):
        """Return the model of the kind of its documents; the base model of kinds for what documents need."""
        return self.env['xero.kind'] if self._is_preparation() else self.env['xero.kind']._named(self.kind)

    def _elements(self):
        """Return an element for each document of the frozen body, in its order; none if the body was removed."""
        self.ensure_one()
        return self._kind()._elements_of(self, json.loads(self.body)) if self.body else []

    # === RECOGNISING === #

    def _recognise(self, kind, elements):
        """Pair the documents whose outcome is open in this request with the answered elements.

        :param kind: model of the documents' kind.
        :param list elements: of the answer.
        :return: list of (frozen, element or None).
        """
        pairs = self._pair(kind, elements)
        out = set(self._still_out([frozen['export'] for frozen, _element in pairs]).ids)
        return [(frozen, element) for frozen, element in pairs if frozen['export'] in out]

    def _still_out(self, ids=None):
        """Return the exports whose outcome is open in this request: no later request contains them, and they have no outcome yet.

        A created document is included even if it was skipped or requeued meanwhile, because Xero may have saved it.

        :param list ids: of the exports in the request, if they are known: each reading of `frozen` copies it.
        """
        ids = self.left_out or ids or [frozen['export'] for frozen in self.frozen or ()]
        later = self.env.execute_query(SQL(
            """SELECT rel.export_id FROM xero_request_export_rel rel JOIN xero_request request ON request.id = rel.request_id
                WHERE rel.export_id = ANY(%s) AND request.id > %s AND request.kind NOT IN %s""", ids, self.id, PREPARATIONS))
        exports = self.env['xero.export'].browse(ids) - self.env['xero.export'].browse(row[0] for row in later)
        if self.method == 'PUT':
            return exports.filtered(lambda export: not export.xero_id)
        return exports.filtered(lambda export: export.state in ('sending', 'uncertain'))

    def _pair(self, kind, elements):
        """Pair the elements that were sent with the answered ones: by position if all keys agree, else each by its key.

        What no key recognises, because Xero altered a number for example, counts by its position if everything else is in its place.
        """
        all_frozen = self.frozen
        identify = kind._key if self.method == 'PUT' else (lambda element: element.get(kind._xero_id))
        ours = self._elements()
        sent, answered = [identify(element) for element in ours], [identify(element) for element in elements]
        # For a refused change, Xero answers an id of zeros
        if len(sent) == len(answered) and all(theirs in (own, ZERO_ID) for own, theirs in zip(sent, answered)):
            return list(zip(all_frozen, elements))
        unique = {key: position for position, key in enumerate(answered) if answered.count(key) == 1}
        places = [unique.get(key) for key in sent]
        unpaired = [position for position, place in enumerate(places) if place is None]
        left = [position for position in range(len(answered)) if position not in places]
        if len(sent) == len(answered) and (unpaired == left or len(left) == 1):
            for position, place in zip(unpaired, left):
                if self._may_be(sent, position, answered[place]) and ours[position].get('Type') == elements[place].get('Type', ours[position].get('Type')):
                    places[position] = place
        return [(frozen, None if place is None else elements[place]) for frozen, place in zip(all_frozen, places)]

    def _may_be(self, sent, position, answered):
        """Return whether an answered key may belong to the element that was sent at a position.

        :param list sent: keys.
        """
        if self.method != 'PUT':
            return answered in (ZERO_ID, None)
        return answered == sent[position] or answered not in sent

    def _note_left_out(self, kind, elements, missing):
        """Store the exports without an answered element, and the saved elements that match none that was sent.

        The bytes of such a request are never sent again: the exports are searched for.

        :param list elements: of the answer.
        :param list missing: frozen values of the elements that match no answered one.
        """
        if not missing:
            return
        pairs = self._pair(kind, elements)
        out = set(self._still_out().ids)
        left_out = [frozen['export'] for frozen, element in pairs if element is None and frozen['export'] in out]
        if left_out:
            known = {element[kind._xero_id] for _frozen, element in pairs if element and element.get(kind._xero_id)}
            unrecognised = [
                element for element in elements
                if self.method == 'PUT' and element_ok(element, kind._xero_id) and element[kind._xero_id] not in known]
            self.write({'state': 'unanswered', 'left_out': left_out, 'unrecognised': [
                json.loads(dumps({name: value for name, value in element.items() if not isinstance(value, list)}))
                for element in unrecognised]})

    # === OUTCOMES === #

    def _close(self, http_status, correlation_id, answer, error=False):
        """Store the answer. The request is closed."""
        self.write({
            'state': 'answered', 'answered_at': fields.Datetime.now(), 'http_status': http_status or 0,
            'correlation_id': correlation_id, 'answer': answer, 'error': error,
        })

    def _mark_unanswered(self, error, http_status=0, correlation_id=False):
        """Note that the request has no answer. Its documents are uncertain until the look-back."""
        self.write({'state': 'unanswered', 'error': error, 'http_status': http_status or 0, 'correlation_id': correlation_id})
        self.export_ids.filtered(lambda export: export.state == 'sending')._set_uncertain()
