from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime, format_time

from ...tools.client_action import notification
from ..export.xero_cause import cause_named
from ..export.xero_export_values import WAIT_BY_STATUS
from ..reference.xero_status import status_label

NAMED = 3       # documents that a message explains


class XeroKindWords(models.AbstractModel):
    """Texts for people about documents of a kind, and actions of its buttons. `xero.kind` inherits this."""
    _name = 'xero.kind.words'
    _description = "Kind of Document in Xero: what people see"

    def _web_url(self, export: models.BaseModel) -> str | bool:
        """Return the address of the document in Xero's web application, or False."""
        return export.connection_id._web_url(self._page, export.xero_id)

    # === Why it failed === #

    def _can_be_sent_by_policy(self, export: models.BaseModel) -> bool:
        """Return whether another policy of the connection would let a failed document pass that users correct themselves otherwise."""
        return False

    # === Why it waits === #

    def _wait_words(self, export: models.BaseModel) -> str:
        """Return, for people, why an export without an outcome is not sent yet, and when it will be. A kind adds its own reasons."""
        connection, now = export.connection_id.sudo(), fields.Datetime.now()
        if export.wait_code in WAIT_BY_STATUS.values():
            return connection.status_reason or self._label_of(connection, 'status')
        if export.wait_code == 'unposted':
            return self.env._("Is sent when it is posted again")
        if export.wait_for_id:
            return self._wait_for_words(export.wait_for_id.sudo())
        if connection.first_sync_id and export.filtered_domain(connection.first_sync_id._held_domain()):
            return self.env._("Waits until the first sync has compared it with Xero")
        if connection.resume_at and connection.resume_at > now:
            return self.env._(
                "%(reason)s; resumes at %(time)s", reason=self._label_of(connection, 'resume_reason'), time=self._clock_time(connection.resume_at))
        if export.next_try_at and export.next_try_at > now:
            return self.env._("Next try %(time)s", time=self._clock_time(export.next_try_at))
        if export.state == 'uncertain':
            return self.env._("Xero did not answer; Odoo checks whether it was saved")
        return self.env._("Is being sent") if export.state == 'sending' else self.env._("Waits for its turn")

    def _wait_for_words(self, first):
        """Return, for people, what a document waits for, and the state of that.

        :param first: `xero.export` that has to be in Xero first, in sudo.
        """
        if first.state == 'failed':
            return self.env._("Waits for %(document)s, which failed", document=first.document_name)
        if first.state == 'skipped':
            return self.env._("Waits for %(document)s, which is skipped", document=first.document_name)
        return self.env._("Waits for %(document)s", document=first.document_name)

    def _label_of(self, record, name):
        """Return the label of a selection field's value."""
        return dict(record._fields[name]._description_selection(self.env)).get(record[name], '')

    def _clock_time(self, moment):
        """Return a moment as people say it: the time, with the day unless it is today."""
        local, now = (fields.Datetime.context_timestamp(self, at) for at in (moment, fields.Datetime.now()))
        if local.date() == now.date():
            return format_time(self.env, moment, tz=str(self.env.tz), time_format='short')
        return format_datetime(self.env, moment, tz=str(self.env.tz), dt_format='short')

    def _status_words(self, status: str) -> str:
        """Return, for people, the status (code) of a document of this kind in Xero."""
        return status_label(self.env, status)

    def _number_field(self, move: models.BaseModel) -> str | None:
        """Return the name of the field of an entry with the number that it has in Xero; None if a person cannot give it another one."""
        return None

    # === Both versions === #

    def _versions_table(self, export: models.BaseModel, both: dict) -> Markup | bool:
        """Return a table (HTML) of the parts that differ, with the values on both sides; False if there are none.

        :param dict both: as in `xero.export.both_versions`.
        """
        head = Markup('<thead><tr><th></th><th>%s</th><th>%s</th></tr></thead>') % (self.env._("In Odoo"), self.env._("In Xero"))
        return both and Markup('<table class="table table-sm mb-0 o_xero_versions">%s<tbody>%s</tbody></table>') % (
            head, Markup().join(self._version_row(export, name, both) for name in both['ours']))

    def _version_row(self, export, name, both):
        cells = (Markup('<br/>').join(self._readable(export, name, both[side])) for side in ('ours', 'xeros'))
        label = self._part_labels().get(name, name)
        # Nouns inside keep their capitals, as in German.
        return Markup('<tr><th>%s</th><td>%s</td><td>%s</td></tr>') % (label[:1].upper() + label[1:], *cells)

    # === Texts and actions === #

    def _action_open(self, export: models.BaseModel) -> dict:
        """Return the action that opens the document in Odoo."""
        record = self._chatter_record(export) or export._document()
        if not record:
            raise UserError(self._undone_words(export))
        return {'type': 'ir.actions.act_window', 'res_model': record._name, 'res_id': record.id, 'views': [(False, 'form')]}

    def _action_check(self, exports: models.BaseModel) -> dict | None:
        """Return the action that shows what would happen if documents were sent now; None for *Check* of `_moves_to_check`.

        For documents that are not journal entries, it is a notification.
        """
        if self._moves_to_check(exports) or self._document_field == 'move_id':
            return None
        rehearsals = self.env['xero.rehearsal']._rehearse(exports[self._document_field])
        problems = dict.fromkeys(problem.message for rehearsal in rehearsals for problem, _source in rehearsal.problems)
        return notification(
            'warning' if problems else 'success',
            ' '.join(problems) or self.env._("%(documents)s can be sent to Xero.", documents=', '.join(exports.mapped('document_name'))),
            reload=False)

    def _moves_to_check(self, exports: models.BaseModel) -> models.BaseModel:
        """Return the `account.move` that *Check* shows for exports."""
        return exports.move_id

    def _done_words(self, export: models.BaseModel, names: dict) -> str:
        """Return, for people, a sentence about what was done in Xero.

        :param dict names: `organisation`, and `link` to the document in Xero.
        """
        if export._is_undone():
            return self.env._("Voided in Xero (%(organisation)s): %(link)s.", **names)
        if export.done_operation == 'update':
            return self.env._("Changed in Xero (%(organisation)s): %(link)s.", **names)
        return self.env._("In Xero (%(organisation)s) as %(link)s.", **names)

    def _missing_words(self, export: models.BaseModel) -> str:
        """Return, for people, a sentence about what was not done in Xero."""
        if export.operation == 'void':
            return self.env._("Not voided in Xero.")
        if export.operation == 'update':
            return self.env._("The change is not in Xero.")
        return self.env._("Not in Xero.")

    def _explain_refusal(self, export: models.BaseModel, cause: str, names: dict) -> str:
        """Return, for people, a sentence about a refusal: the document, the reason, the next step.

        :param str cause: the code of the cause.
        :param dict names: `document`, `organisation`, `login`, and `words`: the message of Xero that decided the cause.
        """
        names = {'partner': self.env._("the partner"), **names}
        return cause_named(cause).explain(self.env, names, is_void=export.operation == 'void', is_linked='contact' in names)

    def _blocked_words(self, export: models.BaseModel, remote: dict) -> str:
        """Return, for people, why Xero does not allow a change or void, and what to do.

        :param dict remote: the document in Xero.
        """
        if export.operation == 'void' and export.currency_id.is_zero(export.amount_total):
            return self.env._("It totals zero, which Xero counts as paid and does not void. Keep Xero's: it changes no balance there.")
        if export.operation == 'void':
            return self.env._("It is paid or allocated in Xero. Remove the payment or allocation there first, then press Send ours.")
        return self.env._("It is paid or allocated in Xero, which allows no such change. Remove the payment or allocation there first, then press Send ours.")

    def _dropped_words(self, export: models.BaseModel) -> str:
        """Return, for people, why a document that was undone in Odoo was not sent."""
        if not export._document():
            return self._deleted_words(export)
        return self.env._("%(reason)s It is sent if it is posted again.", reason=self._undone_words(export))

    def _deleted_words(self, export: models.BaseModel) -> str:
        """Return, for people, why a deleted document was not sent."""
        return self.env._("The document was deleted in Odoo before it was sent to Xero.")

    def _nothing_again_words(self, exports: models.BaseModel) -> str:
        """Return, for people, why none of some exports is sent again."""
        if dropped := exports.filtered(lambda export: export._is_dropped()):
            return ' '.join(dict.fromkeys(export._kind()._dropped_words(export) for export in dropped[:NAMED]))
        return self.env._("Nothing to send again: these documents are already in Xero, or are being sent.")
