from decimal import Decimal

from markupsafe import Markup

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from ...const import REFERENCE_LENGTH
from ...tools.xero_elements import read_date
from ...tools.xero_money import json_number, round_half_up, to_decimal
from ..mapping.backwards import Backwards
from . import payment_element
from .open_day import first_open_day
from .xero_payment_apply import QUIET

LINE_NAME_LENGTH = 60   # of a line's text in a sentence


class XeroCreditNote(models.AbstractModel):
    """Makes the draft of a credit note: same contact, lines and date, with accounts and taxes by the mapping read backwards.

    Each reason not to make one is a `UserError` with a sentence; the credit note is then only listed.
    """
    _inherit = 'xero.credit.note'

    def _make_draft(self, connection, one):
        """Make the draft of a credit note in Odoo and its export, which is linked to Xero's.

        :param Allocated one: the credit note.
        :return: the draft (`account.move`).
        :raise UserError: Odoo cannot have the same document; the message says why.
        """
        invoices = self.env['account.move'].union(*(export.move_id for _row, export in one.ends))
        self._check_same(connection, one, invoices)
        company = invoices.company_id
        backwards = Backwards(
            self.env['xero.mapping'].sudo(), connection, company, 'sale' if one.kind._is_sale else 'purchase', invoices)
        journal = invoices[0].journal_id
        lines, remarks = self._prepare_lines(connection, one.element, journal, backwards)
        values = {**self._prepare_draft(connection, one, invoices[0]), 'invoice_line_ids': [Command.create(line) for line in lines]}
        has_taxes = any(command[2] for line in lines for command in line.get('tax_ids', ()))
        values['date'], note = self._open_date(company, journal, values['invoice_date'], has_taxes)
        move = self.env['account.move'].with_company(company).with_context(**QUIET).create(values)
        self._check_totals(one.element, move)
        export = self._link(connection, one, move)
        self._tell_draft(export, one, [note, *remarks])
        return move

    # === WHETHER IT CAN BE THE SAME === #

    def _check_same(self, connection, one, invoices):
        """Check what must be the same before a draft is made.

        :param invoices: the documents to which it is allocated.
        :raise UserError: something is not.
        """
        missing = [export.document_name for _row, export in one.ends if export.move_id.state != 'posted']
        if missing:
            raise UserError(self.env._("Not posted in Odoo: %(documents)s.", documents=', '.join(missing)))
        if len(invoices.company_id) > 1 or len(invoices.commercial_partner_id) > 1:
            raise UserError(self.env._("The documents belong to several companies or partners in Odoo."))
        if invoices.currency_id.mapped('name') != [one.element.get('CurrencyCode')]:
            raise UserError(self.env._("The documents have another currency in Odoo."))
        if not read_date(one.element, 'Date'):
            raise UserError(self.env._("Xero answered no date for it."))
        number = payment_element.text(one.element.get('CreditNoteNumber'))
        twin = number and self.env['account.move'].search([
            ('company_id', '=', invoices.company_id.id), ('move_type', 'in', one.kind._move_types), ('state', '!=', 'cancel'),
            ('commercial_partner_id', '=', invoices.commercial_partner_id.id), '|', ('name', '=', number), ('ref', '=', number),
            ('xero_export_ids', 'not any', [('connection_id', '=', connection.id), ('xero_id', '!=', False)])], limit=1)
        if twin:
            raise UserError(self.env._("Odoo has a credit note with this number already: %(document)s.", document=twin.display_name))
        self._check_owed(one)

    def _check_owed(self, one):
        """Check that the documents still owe in Odoo what Xero allocates to them: what is credited or paid in Odoo too must not be credited twice.

        :raise UserError: one of them owes less.
        """
        amounts = {}
        for row, export in one.ends:
            amounts[export] = amounts.get(export, 0) + row['amount']
        for export, amount in amounts.items():
            currency = export.move_id.currency_id
            owed = abs(sum(self._open_terms(export.move_id).mapped('amount_residual_currency')))
            if currency.compare_amounts(owed, amount) < 0:
                raise UserError(self.env._(
                    "Of %(document)s, only %(owed)s is open in Odoo, and Xero allocated %(amount)s to it: perhaps it is credited in Odoo already.",
                    document=export.document_name, owed=format_amount(self.env, owed, currency), amount=format_amount(self.env, amount, currency)))

    def _check_totals(self, element, move):
        """Check that Odoo has computed the same totals as Xero, to the cent.

        :raise UserError: it has not.
        """
        for name, ours in (('Total', move.amount_total), ('TotalTax', move.amount_tax)):
            theirs = payment_element.number(element.get(name))
            if theirs is None or round_half_up(theirs) != round_half_up(to_decimal(ours)):
                words = {'ours': format_amount(self.env, ours, move.currency_id), 'theirs': format_amount(self.env, float(theirs or 0), move.currency_id)}
                raise UserError(
                    self.env._("From its lines, Odoo computes a total of %(ours)s, and Xero has %(theirs)s.", **words) if name == 'Total'
                    else self.env._("From its lines, Odoo computes a tax of %(ours)s, and Xero has %(theirs)s.", **words))

    # === THE DOCUMENT === #

    def _prepare_draft(self, connection, one, invoice):
        """Return the values of the draft without its lines.

        :param invoice: the first document to which it is allocated.
        """
        element, day = one.element, read_date(one.element, 'Date')
        number = payment_element.text(element.get('CreditNoteNumber'))
        reference = payment_element.text(element.get('Reference'), REFERENCE_LENGTH)
        values = {
            'move_type': one.kind._move_types[0], 'company_id': invoice.company_id.id, 'journal_id': invoice.journal_id.id,
            'partner_id': invoice.partner_id.id, 'currency_id': invoice.currency_id.id,
            'invoice_date': day, 'invoice_date_due': day, 'invoice_payment_term_id': False,
            'ref': reference if one.kind._is_sale else number, 'invoice_origin': number}
        rate, base = payment_element.number(element.get('CurrencyRate')), invoice.company_id.currency_id
        if rate and rate > 0 and invoice.currency_id != base and base == connection.currency_id:
            values['invoice_currency_rate'] = float(rate)
        return values

    def _open_date(self, company, journal, day, has_taxes):
        """Return a day, or the first one after it that is open in Odoo, and a sentence if it is another day."""
        date = first_open_day(company, journal, day, has_taxes)
        if date == day:
            return day, ''
        return date, self.env._(
            "Its date in Xero is %(xeros)s. That day is locked in Odoo, so its accounting date is %(date)s.",
            xeros=self.env['xero.kind']._written(day), date=self.env['xero.kind']._written(date))

    def _prepare_lines(self, connection, element, journal, backwards):
        """Return the values of the lines, and sentences about what a person has to choose.

        :param dict element: the credit note in Xero.
        :param journal: of the draft; lines without a certain account are on its default account.
        :param Backwards backwards: of the company.
        :raise UserError: there are none, or the taxes of a line are not known.
        """
        rows = element.get('LineItems')
        if not isinstance(rows, list) or not rows:
            raise UserError(self.env._("Xero answered no lines for it."))
        lines, remarks = [], []
        for position, row in enumerate(rows):
            name = payment_element.text(row.get('Description'), None) or ''
            if not payment_element.number(row.get('LineAmount')):   # Xero drops account and tax of such a line
                lines.append({'display_type': 'line_note', 'name': name, 'sequence': position})
                continue
            found, taxes = backwards.account(row), backwards.taxes(row)
            words = {'line': name[:LINE_NAME_LENGTH], 'connection': connection.name}
            account = found.record if found.is_sure else self._default_account(journal, row, words, remarks)
            if not taxes.is_sure:
                self._note_taxes(connection, row, words, remarks)
            lines.append({
                **self._prepare_amount(row, element.get('LineAmountTypes') == 'Inclusive', taxes.record, name), 'sequence': position,
                'account_id': account.id, 'tax_ids': [Command.set(taxes.record.ids)],
                'analytic_distribution': backwards.analytic_distribution(row)})
        return lines, remarks

    def _default_account(self, journal, row, words, remarks):
        """Return the account of a line for which the mapping names none, or several, and add a sentence to `remarks`."""
        account = journal.default_account_id
        code = payment_element.text(row.get('AccountCode')) or payment_element.text(row.get('AccountID')) or '–'
        if not account:
            raise UserError(self.env._(
                "The mapping of %(connection)s does not say which account “%(line)s” has (%(code)s in Xero), and %(journal)s has no default account.",
                code=code, journal=journal.name, **words))
        remarks.append(self.env._(
            "“%(line)s” has the account %(code)s in Xero, and not exactly one account in Odoo is mapped to it: choose its account. It is on %(account)s now.",
            code=code, account=account.display_name, **words))
        return account

    def _note_taxes(self, connection, row, words, remarks):
        """Add a sentence to `remarks` about a line without tax for whose rate the mapping names no taxes, or several.

        :raise UserError: the line has a tax.
        """
        tax_type = payment_element.text(row.get('TaxType'))
        if not payment_element.number(row.get('TaxAmount')) and tax_type in (False, 'NONE'):
            return
        rate = self.env['xero.tax.rate'].search([('connection_id', '=', connection.id), ('tax_type', '=', tax_type)], limit=1)
        words = {**words, 'rate': rate.name or tax_type or '–'}
        if payment_element.number(row.get('TaxAmount')):
            raise UserError(self.env._(
                "“%(line)s” has the tax rate %(rate)s in Xero, and the mapping of %(connection)s does not say which taxes in Odoo that is: none, or several, "
                "are mapped to it. If none are, decide the mapping: then the next comparison of all documents makes the draft. If several are, enter it in "
                "Odoo.", **words))
        remarks.append(self.env._(
            "“%(line)s” has the tax rate %(rate)s in Xero, and not exactly one tax in Odoo is mapped to it: choose its tax. It has none now.", **words))

    def _prepare_amount(self, row, is_inclusive, taxes, name):
        """Return quantity, price and text of a line. If Odoo's price, with fewer decimals, gives another amount, the line is 1 × its amount.

        :param bool is_inclusive: whether Xero's amounts contain the tax.
        :param taxes: `account.tax` of the line; if they are included in its price, the amount contains the tax.
        """
        amount, tax = (to_decimal(row.get(key) or 0) for key in ('LineAmount', 'TaxAmount'))
        net = amount - tax if is_inclusive else amount
        wanted = net + tax if taxes and all(taxes.mapped('price_include')) else net
        quantity = to_decimal(row.get('Quantity') or 0)
        price = round_half_up(wanted / quantity, self.env['decimal.precision'].precision_get('Product Price')) if quantity else Decimal(0)
        if quantity and round_half_up(price * quantity) == round_half_up(wanted):
            return {'name': name, 'quantity': float(quantity), 'price_unit': float(price)}
        unit = json_number(to_decimal(row.get('UnitAmount') or 0))
        return {'name': f'{name}\n{json_number(quantity)} × {unit}' if quantity not in (0, 1) else name, 'quantity': 1, 'price_unit': float(wanted)}

    # === ITS EXPORT === #

    def _link(self, connection, one, move):
        """Return the export of the draft: it is in Xero already, so it is never sent, and its difference says that it waits for a person."""
        number = payment_element.text(one.element.get('CreditNoteNumber'))
        export = self.env['xero.export']._create_queued([{
            **one.kind._prepare_document(move), 'connection_id': connection.id, 'document_name': number or move.display_name, 'is_unconfirmed': True,
            'xero_allocations': [{**row, 'is_done': False} for row in payment_element.allocations(one.element)]}])
        export._settle_saved([(one.element, None)])
        export.xero_origin = {
            'date': str(read_date(one.element, 'Date')), 'currency': move.currency_id.name, 'partner': move.commercial_partner_id.id}
        export.write({'is_from_xero': True, 'done_operation': False, 'checked_at': fields.Datetime.now(), 'difference': one.kind._undone_words(export)})
        return export

    def _tell_draft(self, export, one, remarks):
        """Write a note on the draft, with what a person has to choose, and one on each document that the credit note reduces."""
        move, organisation = export.move_id, export.connection_id.organisation_name
        words = self.env._(
            "%(number)s was made in Xero (%(organisation)s) and allocated there to %(documents)s. Check this draft and confirm it; it is then "
            "reconciled in the same way. It is not sent to Xero.", number=export.xero_number, organisation=organisation, documents=self._documents_words(one))
        move._message_log(body=Markup('<br/>').join(filter(None, [words, *remarks])))
        body = self.env._(
            "Credited in Xero (%(organisation)s) by %(number)s. The draft %(document)s waits to be confirmed.", number=export.xero_number,
            organisation=organisation, document=move._get_html_link(title=move.display_name))
        invoices = self.env['account.move'].union(*(end.move_id for _row, end in one.ends))
        invoices._message_log_batch(dict.fromkeys(invoices.ids, body))
