from odoo import api, models
from odoo.tools import SQL, format_datetime

from ...const import FILE_TYPES, FILES_MOST, FINAL_STATUSES, NOTE_LENGTH
from ...tools.xero_text import clean_file_name, clean_line, file_ending, numbered_file_name
from .containment import contain

PLANNED_AT_ONCE = 200
# The field in which Odoo stores its own PDF of an invoice; files that people attach have no field
PDF_FIELD = 'invoice_pdf_report_file'


class XeroExtra(models.Model):
    """The files and notes to send. They are searched for, so that it does not matter when a file was attached, or whether the policy was off."""
    _inherit = 'xero.extra'

    @api.model
    def _plan(self, connection, since):
        """Create rows for files and notes that the connection's documents in Xero lack, and delete rows that are not needed any more.

        :param datetime since: naive UTC; only documents that came into Xero later are checked. None for all.
        """
        self.env.flush_all()
        self._drop_obsolete(connection)
        if connection.sends_note:
            contain(self.env, self._without_note(connection, since), self._plan_notes, tell=lambda export, error: self.create(
                {**self._prepare(export), 'sort': 'note', 'name': self.env._("Note"), **self._unprepared(self.env._("Note"), error)}))
        if connection.attachment_policy != 'none':
            contain(
                self.env, list(self._files_to_send(connection, since).items()),
                lambda some: self.create([vals for export, attachments in some for vals in self._prepare_files(export, attachments)]),
                tell=lambda pair, error: self.create([
                    {**self._prepare(pair[0]), 'sort': 'attachment', 'attachment_id': attachment.id, 'name': attachment.name,
                     **self._unprepared(attachment.name, error)} for attachment in pair[1]]))

    def _plan_notes(self, exports):
        self.create([
            {**self._prepare(export), 'sort': 'note', 'name': self._note_text(export, author, moment)}
            for export, (author, moment) in self._posted_by(exports).items()])

    @api.model
    def _unprepared(self, name, error):
        """Return the values of a file or note after an unexpected error in Odoo."""
        return {'state': 'refused', 'cause': 'data', 'message': self.env._(
            "“%(extra)s” could not be prepared for Xero (%(error)s). Ask your administrator to look into Odoo's log, then press Try again.",
            extra=name, error=type(error).__name__)}

    def _prepare(self, export):
        return {'export_id': export.id, 'connection_id': export.connection_id.id, 'document_xero_id': export.xero_id}

    @api.model
    def _drop_obsolete(self, connection):
        """Delete rows that were not sent: of documents that are void or were created again in Xero, and of files deleted in Odoo."""
        rows = self.env.execute_query(SQL(
            """SELECT extra.id
                 FROM xero_extra extra
                 JOIN xero_export export ON export.id = extra.export_id
                WHERE extra.connection_id = %s AND extra.state != 'done'
                  AND (export.xero_id IS DISTINCT FROM extra.document_xero_id OR export.xero_status IN %s
                       OR extra.sort = 'attachment' AND extra.attachment_id IS NULL AND NOT EXISTS (
                           SELECT FROM xero_extra part WHERE part.archive_id = extra.id AND part.attachment_id IS NOT NULL))""",
            connection.id, FINAL_STATUSES))
        self.browse(row[0] for row in rows).unlink()

    def _in_xero(self, connection, since):
        """Return the SQL condition for documents that are synced without a difference."""
        return SQL(
            """export.connection_id = %s AND export.kind IN %s AND export.state = 'synced' AND export.xero_id IS NOT NULL
               AND COALESCE(export.xero_status, '') NOT IN %s AND COALESCE(export.difference, '') = '' AND move.state = 'posted' AND %s""",
            connection.id, self._kind_names('report', 'attachment'), FINAL_STATUSES,
            SQL("export.arrived_at >= %s", since) if since else SQL("TRUE"))

    def _kind_names(self, *main_files):
        """Return the names of the kinds whose main file is one of these, see `xero.kind`."""
        return tuple(kind._kind_name() for kind in self.env['xero.kind']._all() if kind._main_file in main_files)

    def _without_note(self, connection, since):
        rows = self.env.execute_query(SQL(
            """SELECT export.id
                 FROM xero_export export
                 JOIN account_move move ON move.id = export.move_id
                WHERE %s AND export.arrived_at >= %s AND export.first_sync_id IS NULL AND export.is_from_xero IS NOT TRUE
                  AND NOT EXISTS (
                      SELECT FROM xero_extra extra
                       WHERE extra.export_id = export.id AND extra.document_xero_id = export.xero_id AND extra.sort = 'note')
             ORDER BY export.id LIMIT %s""",
            self._in_xero(connection, since), connection.notes_since or connection.create_date, PLANNED_AT_ONCE))
        return self.env['xero.export'].browse(row[0] for row in rows)

    # === FILES === #

    def _files_to_send(self, connection, since):
        """Return the files that documents lack in Xero: of documents, or attached, since the policy is on.

        :return: dict: export → `ir.attachment`.
        """
        if connection.attachment_policy == 'main':
            is_wanted = SQL(
                "CASE WHEN export.kind IN %s THEN attachment.res_field = %s ELSE attachment.id = move.message_main_attachment_id END",
                self._kind_names('report'), PDF_FIELD)
        else:
            is_wanted = SQL("COALESCE(attachment.res_field, %s) = %s", PDF_FIELD, PDF_FIELD)
        from_then = connection.attachments_since or connection.create_date
        rows = self.env.execute_query(SQL(
            """SELECT export.id, attachment.id
                 FROM xero_export export
                 JOIN account_move move ON move.id = export.move_id
                 JOIN ir_attachment attachment
                   ON attachment.res_model = 'account.move' AND attachment.res_id = move.id AND attachment.type = 'binary'
                WHERE %s AND (export.arrived_at >= %s OR attachment.create_date >= %s) AND %s
                  AND (export.first_sync_id IS NULL AND export.is_from_xero IS NOT TRUE OR attachment.create_date >= export.arrived_at)
                  AND NOT EXISTS (
                      SELECT FROM xero_extra extra
                       WHERE extra.export_id = export.id AND extra.document_xero_id = export.xero_id AND extra.attachment_id = attachment.id)
             ORDER BY export.id, attachment.id LIMIT %s""",
            self._in_xero(connection, since), from_then, from_then, is_wanted, PLANNED_AT_ONCE))
        if len(rows) == PLANNED_AT_ONCE and rows[0][0] != rows[-1][0]:
            rows = [row for row in rows if row[0] != rows[-1][0]]       # the last document may have more files, which are planned together
        exports = self.env['xero.export'].browse(dict(rows))
        by_document = self.env['ir.attachment'].sudo().browse(row[1] for row in rows).grouped('res_id')
        return {export: by_document[export.move_id.id] for export in exports}

    def _prepare_files(self, export, attachments):
        """Yield the values of the rows of a document's files, with names that do not overwrite each other in Xero.

        If there are more files than Xero takes, the last place is for an archive of the others. The main file is never among them.
        """
        sent = export.extra_ids.filtered(
            lambda extra: extra.sort == 'attachment' and extra.document_xero_id == export.xero_id and not extra.archive_id)
        # The name of a file that was renamed or deleted in Odoo can be used again: a new PDF of the invoice replaces the old one
        taken = {extra.name.casefold() for extra in sent if extra._keeps_name()}
        names = {extra.name.casefold() for extra in sent if extra.state not in ('refused', 'left_out')}
        archive, more = sent.filtered('is_archive'), []
        for attachment in attachments.sorted(lambda attachment: not self._is_main(export, attachment)):
            vals = self._prepare_file(export, attachment, taken)
            if file_ending(vals['name']) not in FILE_TYPES:
                yield {**vals, 'state': 'left_out'}
            elif vals['name'].casefold() in names:
                taken.add(vals['name'].casefold())
                yield vals      # it needs no place
            else:
                more.append(attachment)
        free = 0 if archive else max(FILES_MOST - len(names), 0)
        alone = free if len(more) <= free else max(free - 1, 0)
        for attachment in more[:alone]:
            vals = self._prepare_file(export, attachment, taken)
            taken.add(vals['name'].casefold())
            yield vals
        yield from self._prepare_archived(export, archive, more[alone:], taken) if free or archive else self._prepare_refused(export, more, taken)

    def _prepare_file(self, export, attachment, taken):
        """Return the values of the row of a file, with a name that no other has.

        :param set taken: names without regard to case.
        """
        name = self._free_name(clean_file_name(attachment.name, attachment.mimetype), taken)
        return {**self._prepare(export), 'sort': 'attachment', 'attachment_id': attachment.id, 'name': name}

    def _prepare_refused(self, export, attachments, taken):
        """Yield the values of the rows of files for which there is no place, not even for an archive."""
        for attachment in attachments:
            vals = self._prepare_file(export, attachment, taken)
            taken.add(vals['name'].casefold())
            yield {**vals, 'state': 'refused', 'cause': 'data', 'message': self.env._(
                "Xero takes %(limit)s files for a document, and %(document)s has as many. Remove one there and press Try again, or leave "
                "“%(file)s”.", limit=FILES_MOST, document=export.document_name, file=vals['name'])}

    def _is_main(self, export, attachment):
        """Return whether a file is the main one of its document: Odoo's PDF of an invoice, or the main attachment of a bill."""
        return attachment.res_field == PDF_FIELD or attachment == export.move_id.message_main_attachment_id

    def _keeps_name(self):
        """Return whether the file still has the name under which it was sent. An archive always has."""
        if self.is_archive:
            return True
        attachment = self.attachment_id
        stem = clean_file_name(attachment.name, attachment.mimetype).rpartition('.')[0] if attachment else None
        return stem is not None and self.name.casefold().startswith(stem.casefold())

    @staticmethod
    def _free_name(wanted, taken):
        name, number = wanted, 1
        while name.casefold() in taken:
            number += 1
            name = numbered_file_name(wanted, number)
        return name

    def _posted_by(self, exports):
        """Return a dict: export → (partner, naive UTC), who posted its document and when, by its chatter; else who queued it."""
        if not exports:
            return {}
        state = self.env['ir.model.fields']._get('account.move', 'state')
        changes = self.env['mail.tracking.value'].sudo().search([
            ('field_id', '=', state.id), ('mail_message_id.model', '=', 'account.move'), ('mail_message_id.res_id', 'in', exports.move_id.ids)], order='id')
        told = {change.mail_message_id.res_id: (change.mail_message_id.author_id, change.mail_message_id.date) for change in changes}
        return {export: told.get(export.move_id.id, (export.create_uid.partner_id, export.create_date)) for export in exports}

    def _note_text(self, export, author, moment):
        """Return the text of the note in the history of the document in Xero: its origin in Odoo."""
        timezone = author.tz or 'UTC'
        said = self.env._(
            "Posted in Odoo by %(user)s on %(moment)s (%(timezone)s) as %(document)s.", user=author.name, document=export.document_name,
            moment=format_datetime(self.env, moment, tz=timezone, dt_format='d MMM y HH:mm'), timezone=timezone)
        return clean_line(' '.join(filter(None, [said, export._kind()._back_link(export)])), NOTE_LENGTH)
