import re

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

from ...const import FINAL_STATUSES, NUMBER_LENGTH, PAGE_SIZE, UNAPPROVED_STATUSES
from ...tools.xero_elements import MARK, read_date
from ...tools.xero_money import short_fingerprint, to_decimal
from ...tools.xero_text import fold
from .xero_document_parts import (
    HEADER_PARTS,
    HEADER_WHEN_PAID,
    LINE_AMOUNTS,
    LINE_KEYS,
    LINE_WHEN_PAID,
    changed_line,
    changed_parts,
    content_of,
    differing_line_keys,
    is_same_part,
    line_net,
    line_words,
    sources_of,
)
from .xero_payload import Payload


class XeroKindChange(models.AbstractModel):
    """Change and undo a document with lines: what to send, given the document in Xero (`remote`, an element with its lines).

    The rules for each part are in `xero_document_parts`.
    """
    _name = 'xero.kind.change'
    _inherit = 'xero.kind.presentation'
    _description = "Kind of Document in Xero: change of one with lines"

    _single_params = {'unitdp': 4}
    _is_sale = None
    _is_proved = True

    # === BUILDING === #

    def _build_update(self, built: Payload, remote: dict) -> Payload | None:
        """Return the `Payload` that gives the document in Xero the content that was built, or None if Xero does not allow it any more.

        The status does not change, because people approve documents in Xero.

        :param Payload built: the document as it would be created now.
        """
        if self._parts_to_send(built, remote) == [MARK]:
            return self._build_mark(built, remote)
        built = self._keep_presentation(built, remote)
        ours = self._content(built.element)
        ours.pop('Status', None)
        if self._is_paid(remote):
            parts, changed = self._parts_to_send(built, remote), self._changed_in_odoo(built)
            if not self._is_allowed_when_paid(parts, ours, remote, changed):
                return None
            ours = {name: ours[name] for name in parts}
            if 'LineItems' in ours:
                ours['LineItems'] = [
                    self._paid_line(line, theirs, changed) for line, theirs in zip(ours['LineItems'], remote['LineItems'], strict=True)]
        elif 'LineItems' in ours:
            ours['LineItems'] = self._with_line_ids(ours['LineItems'], remote['LineItems'])
        return Payload(
            built.export, built.revision, element={self._xero_id: remote[self._xero_id], **ours}, total=built.total, key=remote[self._xero_id],
            digest=built.digest, parts=built.parts)

    def _build_void(self, export: models.BaseModel, remote: dict) -> Payload | None:
        """Return the `Payload` of the next step of undoing a document, or None if Xero does not allow it.

        A voided document keeps its number, so if the policy says so, it gets another number first.
        (https://developer.xero.com/documentation/api/accounting/invoices)
        """
        element = {self._xero_id: remote[self._xero_id]}
        if remote['Status'] in UNAPPROVED_STATUSES:
            element['Status'] = 'DELETED'
        elif self._is_paid(remote):
            return None
        elif self._is_sale and export.connection_id.free_number and fold(remote.get(self._xero_number)) == fold(export.document_name):
            element[self._xero_number] = self._freed_number(export)
        else:
            element['Status'] = 'VOIDED'
        return Payload(export, export.revision, element=element, total=to_decimal(export.xero_total), key=export.xero_id, digest=export.digest or '')

    def _freed_number(self, export):
        suffix = f' void {export.xero_id[:8]}'
        return export.document_name[:NUMBER_LENGTH - len(suffix)] + suffix

    def _content(self, element):
        """Return an element that also contains the empty fields, which a creation leaves out."""
        return {'Reference': '', **element} if self._is_sale else dict(element)

    def _with_line_ids(self, lines, remote_lines):
        """Return lines with the ids of Xero's lines, in order; Xero deletes lines whose id is not sent."""
        return [
            changed_line(line, remote_lines[position]) if position < len(remote_lines) else line
            for position, line in enumerate(lines)]

    def _paid_line(self, line, remote, changed):
        """Return the keys that are sent for a line of a paid document: no amounts. For a line with an id, Xero keeps the keys that are not sent.

        :param set changed: see `_changed_in_odoo`.
        """
        differing = self._changed_line_keys(line, remote, changed)
        named = {name: line.get(name, key.cleared) for name, key in LINE_KEYS.items() if key.when_paid and name in differing}
        # Without the tax amount, Xero would compute the tax again
        tax = {'TaxAmount': remote['TaxAmount']} if remote.get('TaxAmount') else {}
        return {'LineItemID': remote['LineItemID'], **named, **tax}

    def _is_allowed_when_paid(self, parts, ours, remote, changed):
        """Return whether Xero accepts the change of a document on which something is paid."""
        if not HEADER_WHEN_PAID.issuperset(parts):
            return False
        if 'Contact' in parts and remote.get('AmountCredited'):
            return False
        if 'LineItems' not in parts:
            return True
        return len(ours['LineItems']) == len(remote['LineItems']) and all(
            self._changed_line_keys(line, theirs, changed).issubset(LINE_WHEN_PAID) for line, theirs in zip(ours['LineItems'], remote['LineItems']))

    # === READING === #

    def _look_up_by_date(self, export, contacts):
        """Return the query that replaces a filter by number, if the number cannot be used in a filter: documents of that day and contact.

        :param dict contacts: partner → `xero.contact`.
        """
        day = self._date(export.connection_id, export.move_id)
        conditions = [f'Type=="{self._xero_type}"', f'Date==DateTime({day.year},{day.month},{day.day})']
        contact = contacts.get(export.connection_id._partner_of(export.move_id))
        if contact:
            conditions.append(f'Contact.ContactID==guid("{contact.xero_id}")')
        return {'where': '&&'.join(conditions), 'page': 1, 'pageSize': PAGE_SIZE}

    def _remote_params(self, xero_ids: list) -> dict:
        """Return the query that reads documents with their lines."""
        return {'IDs': ','.join(xero_ids), 'page': 1, 'pageSize': len(xero_ids), 'unitdp': 4}

    def _is_paid(self, remote):
        """Return whether anything is paid, credited or allocated on a document in Xero."""
        return remote['Status'] == 'PAID' or any(to_decimal(remote.get(name) or 0) for name in ('AmountPaid', 'AmountCredited'))

    def _settled_amount(self, remote):
        """Return the amount of a document that is paid, credited or allocated in Xero: a `Decimal` in the document's currency."""
        return to_decimal(remote['Total']) - to_decimal(remote.get('AmountDue') or 0)

    def _is_gone(self, remote: dict) -> bool:
        return remote['Status'] in FINAL_STATUSES

    # === COMPARING === #

    def _differing_parts(self, ours: dict, remote: dict) -> list:
        """Return the names of the parts in which a document of ours differs from the one in Xero.

        :param dict ours: an element as it is sent, with its `Total`.
        """
        ours = self._content(ours)
        return [name for name in HEADER_PARTS if name in ours and not is_same_part(name, ours, remote)]

    def _sources_of(self, parts):
        return sources_of(parts)

    def _edited_parts(self, sent: dict, remote: dict) -> list:
        # People may remove the mark
        return [name for name in self._differing_parts(sent, remote) if HEADER_PARTS[name].is_content]

    def _parts_to_send(self, built: Payload, remote: dict) -> list:
        """Return the names of the parts that must be sent.

        For a paid document, these are only the parts that changed in Odoo: later changes of policies, mappings and taxes must neither
        rewrite the document nor prevent its change.
        """
        parts, changed = self._differing_parts({**built.element, 'Total': built.total}, remote), self._changed_in_odoo(built)
        if changed is None or not self._is_paid(remote):
            return parts
        return [name for name in parts if name in changed or not HEADER_PARTS[name].is_content]

    def _changed_in_odoo(self, built: Payload) -> set | None:
        sent = built.export.sent_parts
        if not sent or not built.parts:
            return None
        return changed_parts({name for name, part in built.parts.items() if sent.get(name) != part})

    def _changed_line_keys(self, line, remote, changed):
        """Return the set of differing keys of a line that changed in Odoo, not by a policy or mapping.

        :param set changed: see `_changed_in_odoo`. If it is None, a different quantity and price with the same net is taken for a changed
            policy.
        """
        keys = differing_line_keys(line, remote)
        if changed is not None:
            return {name for name in keys if LINE_KEYS[name].source in changed}
        return keys - LINE_AMOUNTS if line_net(line) == line_net(remote) else keys

    def _content_parts(self, element: dict) -> dict:
        known = {
            name: content_of(name, element) for name, part in HEADER_PARTS.items() if part.is_content and element.get(name) not in (None, [])}
        if self._is_sale and 'LineItems' in known:
            known.setdefault('Reference', '')   # in a complete element, a missing reference is empty
        return {name: short_fingerprint(part) for name, part in known.items()}

    def _alarm_of(self, part: str) -> str:
        return HEADER_PARTS[part].alarm

    # === TAKING XERO'S === #

    def _untakeable(self, export: models.BaseModel) -> list:
        parts, takeable = self._parts_in_xero(export), {'DueDate', 'Reference'}
        if self._is_in_series(export.move_id, parts.get(self._xero_number)):
            takeable.add(self._xero_number)
        return [name for name in parts if name not in takeable]

    def _is_in_series(self, move, number):
        """Return whether a document can have a number in Odoo: its journal would continue with one of another series. Vendors have series of their own."""
        return not self._is_sale or re.fullmatch(re.escape(move.sequence_prefix or '') + r'\d+', number or '') is not None

    def _take_parts(self, export: models.BaseModel) -> None:
        move, parts = export.move_id, self._parts_in_xero(export)
        move.check_access('write')
        values = {}
        if self._xero_number in parts:
            values['name' if self._is_sale else 'ref'] = parts[self._xero_number]
        if 'Reference' in parts:
            values['ref'] = parts['Reference'] or False
        if due := read_date(parts, 'DueDate'):
            values['invoice_date_due'] = due
            terms = move.line_ids.filtered(lambda line: line.display_type == 'payment_term')
            if len(terms) > 1:
                raise UserError(self.env._(
                    "%(document)s is due in instalments, which Xero does not have. Change the due dates in Odoo, or keep Xero's with a reason.",
                    document=export.document_name))
            terms.date_maturity = due
        move.write(values)

    _cancels_here = True

    def _cancel(self, export: models.BaseModel) -> None:
        move = export.move_id
        move.check_access('write')
        if move.line_ids.filtered(lambda line: line.matched_debit_ids or line.matched_credit_ids):
            raise UserError(self.env._(
                "%(document)s is paid or reconciled in Odoo. Undo that first, then take Xero's; or keep Xero's with a reason.",
                document=export.document_name))
        move.button_cancel()

    # === FOR PEOPLE === #

    def _part_labels(self) -> dict:
        labels = {name: part.label for name, part in HEADER_PARTS.items() if part.label}
        return dict(zip(labels, map(self.env._, labels.values())))

    def _readable(self, export: models.BaseModel, name: str, element: dict) -> list:
        if name in ('Date', 'DueDate'):
            return [format_date(self.env, read_date(element, name)) or '–']
        if name == 'Contact':
            contact = element.get(name) or {}
            known = self.env['xero.contact'].sudo().search(
                [('connection_id', '=', export.connection_id.id), ('xero_id', '=', contact.get('ContactID'))], limit=1)
            return [contact.get('Name') or known.name or '–']
        if name == 'Total':
            return [format_amount(self.env, float(element.get(name) or 0), export.currency_id)]
        if name == 'LineItems':
            rates = self.env['xero.tax.rate'].sudo().search([('connection_id', '=', export.connection_id.id)]).grouped('tax_type')
            return [
                line_words({**line, 'TaxType': rates[line['TaxType']].name} if line.get('TaxType') in rates else line)
                for line in element.get(name) or []] or ['–']
        return super()._readable(export, name, element)
