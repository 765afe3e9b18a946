"""A month in the books of a company, for every country with a table of default taxes."""
import random
from datetime import date, timedelta
from itertools import cycle, islice

DOCUMENTS = 40
CREDITS = {'out_invoice': 'out_refund', 'in_invoice': 'in_refund'}


class MonthOfDocuments:
    """Invoices, bills, credit notes and receipts with every tax of the table, none of them mapped by hand."""

    def test_a_month_of_documents(self):
        self.set_rates_in_xero()
        taxes = self.taxes_of_the_table()
        moves = self.env['account.move']
        numbers = random.Random(4)
        for number, tax in enumerate(islice(cycle(taxes), DOCUMENTS)):
            move_type = 'out_invoice' if tax.type_tax_use == 'sale' else 'in_invoice'
            day = date(2026, 11, 1) + timedelta(number % 28)
            same_use = taxes.filtered(lambda other, tax=tax: other.type_tax_use == tax.type_tax_use)
            lines = [
                {'quantity': numbers.randint(1, 2000) / 100, 'price_unit': numbers.randint(1, 90000) / 100, 'discount': numbers.choice([0, 0, 12.5]),
                 'tax_ids': line_tax}
                for line_tax in [tax, *numbers.sample(list(same_use), min(numbers.randint(0, 3), len(same_use)))]]
            moves += self.document(
                CREDITS[move_type] if number % 4 == 3 else move_type, *lines, {'quantity': -1, 'price_unit': 0.05},
                invoice_date=day, date=day, ref=f'M-{number}')
        self.assertEqual(len(moves), DOCUMENTS)
        self.sync(moves)
        for move in moves:
            self.assert_held(move)
        rows = self.env['xero.mapping'].search([('connection_id', '=', self.connection.id), ('type', '=', 'tax')])
        self.assertEqual(rows.tax_ids, taxes)
        self.assertEqual(set(rows.mapped('decided_by')), {'default_table'})

    def set_rates_in_xero(self):
        """Prepare the organisation, where Xero leaves the rates to it."""

    def taxes_of_the_table(self):
        """Return the taxes that the table knows a counterpart for."""
        table = self.env['xero.mapping']._default_taxes(self.xero_company.chart_template, self.connection)
        templates = [template for template, tax_types in table.items() if template and tax_types]
        taxes = self.env['account.tax'].union(*map(self.tax, templates))
        taxes.active = True
        return taxes
