import uuid
from urllib.parse import quote

from odoo import api, fields, models

from ...const import FILE_BYTES, FILE_TYPES, IDEMPOTENCY_SAFE, RETRY_PAUSES, ZERO_ID
from ...exceptions import XeroRefused, XeroThrottled, XeroUnauthorised, XeroUnknownOutcome
from ...tools.xero_elements import element_messages
from ...tools.xero_money import dumps
from ...tools.xero_text import clean_file_name, file_ending
from .xero_cause import deciding

MEGABYTE = 1_000_000
ELEMENTS = {'attachment': 'Attachments', 'note': 'HistoryRecords'}


class XeroExtra(models.Model):
    """A file or a note that is sent to a document in Xero, beside its content.

    States: `waiting`, then `done`, or `refused` until a person has fixed the reason and tries again, or `left_out` for a file of a type that
    Xero does not accept, which needs no action. `_plan` creates the rows, and the connection's slice sends them when no document is due.
    Their outcome does not change the document's export: `message` says what failed, and the export shows it as a warning.

    The files that Xero has no place for are sent as one archive (`xero_extra_archive.py`).

    A file may be sent twice, because Xero overwrites a file of the same name. A note cannot be deleted in Xero: after a call without an
    answer (`is_uncertain`), Xero's history is read before it is sent again.
    """
    _name = 'xero.extra'
    _description = "File or Note for Xero"
    _order = 'id'

    export_id = fields.Many2one('xero.export', required=True, readonly=True, index=True, ondelete='cascade')
    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, ondelete='cascade')
    document_xero_id = fields.Char(required=True, readonly=True, help="The document in Xero that it goes to.")
    sort = fields.Selection([('attachment', "File"), ('note', "Note in the history")], string="Kind", required=True, readonly=True)
    attachment_id = fields.Many2one('ir.attachment', readonly=True, index='btree_not_null', ondelete='set null')
    name = fields.Char(string="File or text", required=True, readonly=True, help="Of a file its name in Xero, of a note all that it says.")
    state = fields.Selection(
        [('waiting', "Waiting"), ('done', "In Xero"), ('refused', "Not taken"), ('left_out', "Not for Xero")],
        default='waiting', required=True, readonly=True, help="Not for Xero: a file of a type that Xero does not take.")
    cause = fields.Selection([('permission', "Permission"), ('data', "Data"), ('xero', "Xero")], readonly=True)
    message = fields.Text(readonly=True, help="What happened, and what to do next.")
    details = fields.Text(string="Xero's own words", readonly=True)
    next_try_at = fields.Datetime(string="Next try", readonly=True)
    retry_count = fields.Integer(readonly=True, help="Tries in a row that Xero left unanswered.")
    key = fields.Char(string="Idempotency key", readonly=True)
    key_at = fields.Datetime(readonly=True, help="When the key was used first.")
    is_uncertain = fields.Boolean(readonly=True, help="It has left, and Xero may have it.")
    xero_id = fields.Char(string="Xero ID", readonly=True)
    done_at = fields.Datetime(string="In Xero since", readonly=True)

    _file_uniq = models.UniqueIndex('(export_id, document_xero_id, attachment_id) WHERE attachment_id IS NOT NULL')
    _note_uniq = models.UniqueIndex("(export_id, document_xero_id) WHERE sort = 'note'")
    _open = models.Index("(connection_id) WHERE state != 'done'")

    # === SENDING === #

    @api.model
    def _open_domain(self, connection, sorts):
        """Return the domain of waiting files and notes whose documents are synced.

        :param sorts: keys of the field `sort` that the connection sends.
        """
        return [
            ('connection_id', '=', connection.id), ('state', '=', 'waiting'), ('sort', 'in', list(sorts)), ('export_id.state', '=', 'synced'),
            ('export_id.difference', '=', False), ('export_id.move_id.state', '=', 'posted'), ('archive_id', '=', False)]

    def _path(self, *parts):
        return '/'.join((self.export_id._kind()._xero_endpoint, self.document_xero_id, *parts))

    def _mark_unsupported(self):
        """Mark a file if Xero does not accept its type. A file name without an ending gets the one of its type first.

        :return: whether Xero does not accept the type.
        """
        if self.sort != 'attachment' or file_ending(self.name) in FILE_TYPES:
            return False
        self.name = clean_file_name(self.name, self.attachment_id.mimetype)
        if file_ending(self.name) in FILE_TYPES:
            return False
        self.write({'state': 'left_out', 'cause': False, 'message': False, 'details': False, 'next_try_at': False, 'retry_count': 0})
        return True

    def _content_type(self):
        """Return the content type of a file: its own, or the one of its ending if Odoo does not know its type."""
        mimetype = self.attachment_id.mimetype
        return FILE_TYPES[file_ending(self.name)][0] if mimetype in (False, '', 'application/octet-stream') else mimetype

    def _problem(self):
        """Return, for people, why it cannot be sent; False if it can."""
        if self.sort == 'note':
            return False
        names = {'file': self.name, 'document': self.export_id.document_name}
        size = sum(self._files().mapped('file_size'))
        if not size:
            return self.env._("“%(file)s” of %(document)s is empty, and Xero takes no empty files. Attach it again.", **names)
        if size > FILE_BYTES:
            return self.env._(
                "“%(file)s” of %(document)s has %(size)s MB, and Xero takes files of up to %(limit)s MB. Attach a smaller one instead, or leave it.",
                size=f'{size / MEGABYTE:.1f}', limit=FILE_BYTES // MEGABYTE, **names)
        return False

    def _freeze(self):
        """Note that it is being sent. The caller commits before the call.

        :return: the arguments of `XeroClient.write`.
        """
        now = fields.Datetime.now()
        # A file may have changed, and a key must not be used for other bytes
        if self.sort == 'attachment' or not self.key_at or self.key_at < now - IDEMPOTENCY_SAFE:
            self.write({'key': str(uuid.uuid4()), 'key_at': now})
        self.is_uncertain = True
        if self.sort == 'note':
            return {'method': 'PUT', 'path': self._path('History'), 'key': self.key, 'body': dumps({'HistoryRecords': [{'Details': self.name}]})}
        return {
            'method': 'PUT', 'path': self._path('Attachments', quote(self.name, safe='')), 'key': self.key, 'body': self._content(),
            'content_type': self._content_type()}

    def _look_up(self, client):
        """Read whether a note without an answer is in Xero. If not, it can be sent again."""
        records = client.get(self._path('History')).elements('HistoryRecords')
        if any((record.get('Details') or '').split() == self.name.split() for record in records):
            self._settle_done()
        else:
            self.is_uncertain = False

    # === OUTCOMES === #

    def _settle_answer(self, answer):
        elements = answer.elements(ELEMENTS[self.sort])
        messages = element_messages(elements)
        xero_id = elements[0].get('AttachmentID') if elements else None
        if messages:
            self.is_uncertain = False
            self._settle_refused('data', self._words(deciding(messages)[1]), '\n'.join(messages))
        elif not elements or (self.sort == 'attachment' and xero_id in (None, '', ZERO_ID)):
            self._settle_later(answer.text)
        else:
            self._settle_done(xero_id)

    def _settle_error(self, error, was_look_up):
        """Settle a failed call.

        :param XeroError error: of the call.
        :param bool was_look_up: the call only read whether a note is in Xero, so the outcome of the sending stays open.
        """
        if not was_look_up:
            self.is_uncertain = isinstance(error, XeroUnknownOutcome)
        if isinstance(error, XeroUnauthorised) and error.kind == 'scope':
            self._settle_refused('permission', self.env._(
                "%(login)s may not add “%(extra)s” to %(document)s in %(connection)s, or the consent does not cover it. Reauthenticate "
                "the connection as somebody who may; it is then sent automatically.",
                login=self.connection_id._login_words(), **self._names()), error.detail)
        elif isinstance(error, XeroRefused):
            self._settle_refused('data', self._words(error.message), error.detail)
        elif not isinstance(error, (XeroThrottled, XeroUnauthorised)):
            self._settle_later(error.detail or error.message)

    def _names(self):
        connection = self.connection_id
        return {
            'extra': self.name if self.sort == 'attachment' else self.env._("Note in the history"),
            'document': self.export_id.document_name, 'connection': connection._named(), 'organisation': connection.organisation_name or connection.name}

    def _words(self, words):
        return self.env._(
            "%(organisation)s did not take “%(extra)s” for %(document)s: “%(words)s”. Fix that and press Try again, or add it in Xero by hand.",
            words=words.rstrip('. '), **self._names())

    def _settle_done(self, xero_id=False):
        (self | self.part_ids).write({
            'state': 'done', 'xero_id': xero_id, 'done_at': fields.Datetime.now(), 'is_uncertain': False, 'cause': False, 'message': False,
            'details': False, 'next_try_at': False, 'retry_count': 0})

    def _settle_refused(self, cause, message, details=False):
        self.write({'state': 'refused', 'cause': cause, 'message': message, 'details': details, 'next_try_at': False, 'retry_count': 0})

    def _settle_later(self, details):
        pause = RETRY_PAUSES[min(self.retry_count, len(RETRY_PAUSES) - 1)]
        self.write({
            'cause': 'xero', 'details': details, 'next_try_at': fields.Datetime.now() + pause, 'retry_count': self.retry_count + 1,
            'message': self.env._(
                "“%(extra)s” is not at %(document)s in Xero yet: Xero did not take it just now. It is tried again automatically; nothing is to be done.",
                **self._names())})

    # === TRY AGAIN === #

    def _try_again(self):
        """Send files and notes now that wait for the next try or were refused."""
        again = self.filtered(lambda extra: extra.state not in ('done', 'left_out'))
        again |= again.archive_id
        again._wait()
        again.connection_id._arm()
        return again

    def _wait(self):
        self.write({'state': 'waiting', 'cause': False, 'message': False, 'details': False, 'next_try_at': False, 'retry_count': 0})

    def action_try_again(self):
        """Send it again, as soon as no document is due."""
        self.check_access('read')
        again = self.sudo()._try_again()
        again.connection_id.extras_resume_at = False
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
