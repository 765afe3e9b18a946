from odoo import models
from odoo.tools import format_amount, format_date

from ...const import FINAL_STATUSES, NUMBER_LENGTH, PAGE_SIZE
from ...tools.xero_elements import read_date
from ...tools.xero_money import json_number, line_amount, short_fingerprint, to_decimal
from ...tools.xero_text import fold
from .xero_kind import Built

_HEADER = (
    'Contact', 'InvoiceNumber', 'CreditNoteNumber', 'Date', 'DueDate', 'Reference', 'CurrencyCode', 'CurrencyRate', 'LineAmountTypes',
    'LineItems', 'SentToContact', 'Total')
_LINE_TEXTS = ('AccountCode', 'AccountID', 'TaxType')
_LINE_NUMBERS = ('Quantity', 'UnitAmount', 'DiscountRate')
# What Xero lets be changed once something was paid [P 5.4]
_HEADER_WHEN_PAID = {'Contact', 'InvoiceNumber', 'CreditNoteNumber', 'DueDate', 'Reference', 'LineItems', 'SentToContact'}
_LINE_WHEN_PAID = ('Description', 'AccountCode', 'AccountID', 'Tracking')
# Parts of lines by the part of `Built.parts` that holds what they come from
_LINE_SOURCES = {
    'Description': 'Description', 'Quantity': 'UnitAmount', 'UnitAmount': 'UnitAmount', 'DiscountRate': 'UnitAmount', 'AccountCode': 'AccountCode',
    'AccountID': 'AccountCode', 'TaxType': 'TaxType', 'TaxAmount': 'TaxType', 'Tracking': 'Tracking'}
LINE_PARTS = set(_LINE_SOURCES.values())


class XeroKindDocument(models.AbstractModel):
    """Changing and undoing what is in Xero: what to send, given what Xero holds now (`held`, an element with its lines)."""
    _inherit = 'xero.kind.document'

    # === BUILDING === #

    def _build_update(self, built, held):
        """Return what makes the held document the one that was built, or None if Xero does not allow it any more.

        The status is left as it is: people approve documents in Xero.

        :param Built built: the document as it would be created now.
        """
        ours = self._content(built.element)
        ours.pop('Status', None)
        if self._is_paid(held):
            parts, changed = self._parts_to_send(built, held), self._changed_in_odoo(built)
            if not self._is_allowed_when_paid(parts, ours, held, changed):
                return None
            ours = {name: ours[name] for name in parts}
            if 'LineItems' in ours:
                ours['LineItems'] = [
                    self._paid_line(line, theirs, changed) for line, theirs in zip(ours['LineItems'], held['LineItems'], strict=True)]
        elif 'LineItems' in ours:
            ours['LineItems'] = self._with_line_ids(ours['LineItems'], held['LineItems'])
        return Built(
            built.export, built.revision, element={self._xero_id: held[self._xero_id], **ours}, total=built.total, key=held[self._xero_id], digest=built.digest,
            parts=built.parts)

    def _build_void(self, export, held):
        """Return the next step of undoing a document, or None if Xero does not allow it.

        An approved one keeps its number when it is voided, so by policy it gets another one first. [P 5.4]
        """
        element = {self._xero_id: held[self._xero_id]}
        if held['Status'] in ('DRAFT', 'SUBMITTED'):
            element['Status'] = 'DELETED'
        elif self._is_paid(held):
            return None
        elif self._is_sale and export.connection_id.free_number and fold(held.get(self._xero_number)) == fold(export.document_name):
            element[self._xero_number] = self._freed_number(export)
        else:
            element['Status'] = 'VOIDED'
        return Built(export, export.revision, element=element, total=to_decimal(export.xero_total), key=export.xero_id, digest=export.digest or '')

    def _freed_number(self, export):
        suffix = f' void {export.xero_id[:8]}'
        return export.document_name[:NUMBER_LENGTH - len(suffix)] + suffix

    def _content(self, element):
        """Return an element with the fields named that are left out of a creation because they are empty."""
        return {'Reference': '', **element} if self._is_sale else dict(element)

    def _with_line_ids(self, lines, held_lines):
        """Return lines with the ids of the held ones, in order; held lines whose id is not named go.

        Xero keeps what a line with an id does not name. Where that would be a discount or an amount, the line is a new one.
        """
        named = []
        for position, line in enumerate(lines):
            held = held_lines[position] if position < len(held_lines) else None
            if held and all(name in line or not held.get(name) for name in (*_LINE_NUMBERS, 'DiscountAmount')):
                cleared = {'Tracking': []} if held.get('Tracking') else {}
                line = {**cleared, **line, 'LineItemID': held['LineItemID']}
            named.append(line)
        return named

    def _paid_line(self, line, held, changed):
        """Return what is sent of a line of a paid document: no amounts. Xero keeps what a line with an id does not name.

        :param set changed: see `_changed_in_odoo`.
        """
        differing = self._changed_line_parts(line, held, changed)
        named = {name: line.get(name, []) for name in _LINE_WHEN_PAID if name in differing}
        # Named alone, Xero would compute it anew
        tax = {'TaxAmount': held['TaxAmount']} if held.get('TaxAmount') else {}
        return {'LineItemID': held['LineItemID'], **named, **tax}

    def _prerequisites(self, exports):
        """A document follows the one that has its number in Xero and is about to be voided."""
        found = super()._prerequisites(exports)
        holders = self.env['xero.export'].search([
            ('connection_id', 'in', exports.connection_id.ids), ('operation', '=', 'void'), ('state', 'in', ('waiting', 'sending', 'uncertain')),
            ('kind', '=', exports[0].kind), ('document_name', 'in', exports.move_id.mapped('name'))])
        by_number = {(holder.connection_id, holder.document_name): holder for holder in holders} if self._is_sale else {}
        for export in exports:
            if holder := by_number.get((export.connection_id, export.move_id.name)):
                found[export] = holder
        return found

    # === READING === #

    def _look_up_by_date(self, export, contacts):
        """Return the query for what may hold a number that cannot be asked for: all of the contact, or of anybody, on the document's day.

        :param dict contacts: partner → `xero.contact`.
        """
        day = self._date(export.connection_id, export.move_id)
        conditions = [f'Type=="{self._xero_type}"', f'Date==DateTime({day.year},{day.month},{day.day})']
        contact = contacts.get(export.connection_id._partner_of(export.move_id))
        if contact:
            conditions.append(f'Contact.ContactID==guid("{contact.xero_id}")')
        return {'where': '&&'.join(conditions), 'page': 1, 'pageSize': PAGE_SIZE}

    _single_params = {'unitdp': 4}

    def _held_params(self, xero_ids):
        """Return the query that reads documents with their lines."""
        return {'IDs': ','.join(xero_ids), 'page': 1, 'pageSize': len(xero_ids), 'unitdp': 4}

    def _is_paid(self, held):
        """Tell whether anything is paid, credited or allocated on a document in Xero."""
        return held['Status'] == 'PAID' or any(to_decimal(held.get(name) or 0) for name in ('AmountPaid', 'AmountCredited'))

    def _settled_amount(self, held):
        """Return how much of a document is paid, credited or allocated in Xero."""
        return to_decimal(held['Total']) - to_decimal(held.get('AmountDue') or 0)

    def _is_gone(self, held):
        return held['Status'] in FINAL_STATUSES

    # === COMPARING === #

    def _parts_to_send(self, built, held):
        """Return what has to be sent. Of a paid document that is what changed in Odoo: policies, mappings and taxes of today must not
        rewrite it, nor stop its change."""
        parts, changed = super()._parts_to_send(built, held), self._changed_in_odoo(built)
        if changed is None or not self._is_paid(held):
            return parts
        return [name for name in parts if name in changed or name == 'SentToContact']

    def _changed_in_odoo(self, built):
        sent = built.export.sent_parts
        if not sent or not built.parts:
            return None
        changed = {name for name, part in built.parts.items() if sent.get(name) != part}
        if changed & LINE_PARTS:
            changed.add('LineItems')
        if changed & {'UnitAmount', 'TaxType'}:
            changed.add('Total')
        return changed

    def _content_parts(self, element):
        known = {
            name: _content_part(name, element) for name in _HEADER if name != 'SentToContact' and element.get(name) not in (None, [])}
        if self._is_sale and 'LineItems' in known:
            known.setdefault('Reference', '')   # a whole document, whose empty fields need not be named
        return {name: short_fingerprint(part) for name, part in known.items()}

    def _differing_parts(self, ours, held):
        """Return the names of the parts of a document that Xero holds otherwise.

        :param dict ours: an element as it is sent, and `Total`.
        """
        ours = self._content(ours)
        return [name for name in _HEADER if name in ours and not self._is_alike(name, ours, held)]

    def _is_alike(self, name, ours, held):
        if name in ('Date', 'DueDate'):
            return read_date(ours, name) == read_date(held, name)
        if name in ('CurrencyRate', 'Total'):
            return to_decimal(ours[name]) == to_decimal(held.get(name) or 0)
        if name == 'Contact':
            return ours[name]['ContactID'] == (held.get(name) or {}).get('ContactID')
        if name == 'LineItems':
            lines, held_lines = ours[name], held.get(name) or []
            return len(lines) == len(held_lines) and not any(map(self._differing_line_parts, lines, held_lines))
        return fold(ours[name]) == fold(held.get(name))

    def _differing_line_parts(self, line, held):
        parts = {name for name in _LINE_NUMBERS if to_decimal(line.get(name) or 0) != to_decimal(held.get(name) or 0)}
        if fold(line.get('Description')) != fold(held.get('Description')):
            parts.add('Description')
        if is_nothing(line) and is_nothing(held):
            return parts
        parts |= {name for name in _LINE_TEXTS if name in line and line[name] != held.get(name)}
        # What Xero computes itself shows in the total
        if 'TaxAmount' in line and to_decimal(line['TaxAmount']) != to_decimal(held.get('TaxAmount') or 0):
            parts.add('TaxAmount')
        options, held_options = line.get('Tracking') or [], held.get('Tracking') or []
        if len(options) != len(held_options) or not all(any(option.items() <= theirs.items() for theirs in held_options) for option in options):
            parts.add('Tracking')
        return parts

    # === FOR PEOPLE === #

    def _readable(self, export, name, element):
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
            return [self._readable_line(line) for line in element.get(name) or []] or ['–']
        return super()._readable(export, name, element)

    def _readable_line(self, line):
        if not line.get('Quantity'):
            return line.get('Description') or ''
        quantity, price = (json_number(to_decimal(line.get(number) or 0)) for number in ('Quantity', 'UnitAmount'))
        discount = line.get('DiscountRate') and f"−{json_number(to_decimal(line['DiscountRate']))} %"
        options = [option['Option'] for option in line.get('Tracking') or [] if option.get('Option')]
        return ', '.join(filter(None, [
            f'{quantity} × {price}', discount, line.get('Description'), line.get('AccountCode'), line.get('TaxType'), *options]))

    def _is_allowed_when_paid(self, parts, ours, held, changed):
        if not _HEADER_WHEN_PAID.issuperset(parts):
            return False
        if 'Contact' in parts and held.get('AmountCredited'):
            return False
        if 'LineItems' not in parts:
            return True
        return len(ours['LineItems']) == len(held['LineItems']) and all(
            self._changed_line_parts(line, theirs, changed).issubset(_LINE_WHEN_PAID) for line, theirs in zip(ours['LineItems'], held['LineItems']))

    def _changed_line_parts(self, line, held, changed):
        """Return the differing parts of a line that changed in Odoo, not by a policy or mapping.

        :param set changed: see `_changed_in_odoo`; if nobody knows, another quantity at another price counts as a policy's doing.
        """
        parts = self._differing_line_parts(line, held)
        if changed is not None:
            return {name for name in parts if _LINE_SOURCES[name] in changed}
        return parts.difference(_LINE_NUMBERS) if line_net(line) == line_net(held) else parts


def line_net(line):
    """Return the net amount of a line, sent or answered."""
    if line.get('LineAmount') is not None:
        return to_decimal(line['LineAmount'])
    return line_amount(*(to_decimal(line.get(name) or 0) for name in ('Quantity', 'UnitAmount', 'DiscountRate')))


def is_nothing(line):
    """Tell whether a line comes to 0.00: Xero drops its account and tax, so they are nobody's change."""
    return not line_net(line)


def _content_part(name, element):
    """Return one part of an element as two answers are compared by."""
    value = element[name]
    if name in ('Date', 'DueDate'):
        return read_date(element, name)
    if name in ('CurrencyRate', 'Total'):
        return json_number(to_decimal(value))
    if name == 'Contact':
        return value.get('ContactID')
    return list(map(_line_content, value)) if name == 'LineItems' else fold(value)


def _line_content(line):
    content = [fold(line.get('Description')), *(json_number(to_decimal(line.get(name) or 0)) for name in _LINE_NUMBERS)]
    if not is_nothing(line):
        options = sorted(option.get('TrackingOptionID') or '' for option in line.get('Tracking') or [])
        content += [
            line.get('AccountCode') or line.get('AccountID'), line.get('TaxType'), json_number(to_decimal(line.get('TaxAmount') or 0)), options]
    return content


class XeroKindCredit(models.AbstractModel):
    _inherit = 'xero.kind.credit'

    def _held_params(self, xero_ids):
        # Credit notes have no list filter for ids
        where = '||'.join(f'CreditNoteID==guid("{xero_id}")' for xero_id in xero_ids)
        return {'where': where, 'page': 1, 'pageSize': len(xero_ids), 'unitdp': 4}

    def _settled_amount(self, held):
        return to_decimal(held['Total']) - to_decimal(held.get('RemainingCredit') or 0)

    def _is_paid(self, held):
        remaining = held.get('RemainingCredit')
        return held['Status'] == 'PAID' or (remaining is not None and to_decimal(remaining) != to_decimal(held['Total']))
