"""A month in the books of a company, for every country with a table of default taxes."""
import random
from datetime import date, timedelta
from itertools import cycle, islice

DOCUMENTS = 40
# Used in turn, by the use of the first line's tax
TYPES = {
    'sale': ('out_invoice', 'out_invoice', 'out_receipt', 'out_refund', 'out_invoice'),
    'purchase': ('in_invoice', 'in_receipt', 'in_invoice', 'in_refund', 'in_invoice'),
}
FOREIGN = {'AU': ('NZD', 1.0935), 'GB': ('EUR', 1.1462), 'NZ': ('AUD', 0.9145), 'US': ('CAD', 1.3712)}


class MonthOfDocuments:
    """Invoices, bills, credit notes and receipts with every tax of the table, none of them mapped by hand: some in a foreign currency,
    with prices that hold the tax, texts, discounts and returned goods."""

    def test_a_month_of_documents(self):
        self.set_rates_in_xero()
        taxes = self.taxes_of_the_table()
        values = []
        foreign = self.foreign_currency()
        types = {use: cycle(move_types) for use, move_types in TYPES.items()}
        numbers = random.Random(4)
        for number, tax in enumerate(islice(cycle(taxes), DOCUMENTS)):
            move_type = next(types[tax.type_tax_use])
            day = date(2026, 11, 1) + timedelta(number % 28)
            same_use = taxes.filtered(lambda other, tax=tax: other.type_tax_use == tax.type_tax_use)
            lines = [
                {'quantity': numbers.randint(1, 2000) / 100, 'price_unit': numbers.randint(1, 90000) / 100, 'discount': numbers.choice([0, 0, 12.5]),
                 'tax_ids': line_tax}
                for line_tax in [tax, *numbers.sample(list(same_use), min(numbers.randint(0, 3), len(same_use)))]]
            texts = [{'display_type': 'line_section', 'name': "Works"}, {'display_type': 'line_note', 'name': "As agreed."}] if number % 7 == 2 else []
            values.append(self.document_values(
                move_type, *texts, *lines, {'quantity': -1, 'price_unit': 0.05},
                invoice_date=day, date=day, ref=f'M-{number}', **({'currency_id': foreign.id} if number % 8 == 5 else {})))
        moves = self.env['account.move'].create(values)
        moves.action_post()
        self.assertEqual(len(moves), DOCUMENTS)
        self.assertEqual(set(moves.mapped('move_type')), {move_type for types in TYPES.values() for move_type in types})
        self.assertGreater(len(moves.currency_id), 1)
        self.sync(moves)
        for move in moves:
            self.assert_held(move)
        rows = self.env['xero.mapping'].search([('connection_id', '=', self.connection.id), ('type', '=', 'tax')])
        rows = rows.filtered(lambda row: row.tax_ids <= taxes)      # without those of the products that every company has
        self.assertEqual(rows.tax_ids, taxes)
        self.assertEqual(set(rows.mapped('decided_by')), {'default_table'})

    def foreign_currency(self):
        """Return a currency with a rate that the organisation also uses."""
        name, rate = FOREIGN[self.country_code]
        currency = self.env['res.currency'].with_context(active_test=False).search([('name', '=', name)])
        currency.active = True
        currency.rate_ids.unlink()
        self.env['res.currency.rate'].create({'currency_id': currency.id, 'name': '2026-01-01', 'rate': rate, 'company_id': self.xero_company.id})
        return currency

    def set_rates_in_xero(self):
        """Prepare the organisation, for countries whose rates Xero leaves to the organisation."""

    def taxes_of_the_table(self):
        """Return the taxes that have a rate in the table."""
        table = self.env['xero.mapped.tax']._default_taxes(self.xero_company.chart_template, self.connection)
        templates = [template for template, tax_types in table.items() if template and tax_types]
        taxes = self.env['account.tax'].union(*map(self.tax, templates))
        taxes.active = True
        return taxes
