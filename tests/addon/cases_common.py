"""Payloads of the cases that localisations bring."""

from odoo import Command

from .payload_common import XeroPayloadCase


class XeroCasesCase(XeroPayloadCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.tax_account = cls.env['account.account'].create({
            'name': "Levies", 'code': 'LEVY', 'account_type': 'liability_current', 'company_ids': [Command.set(cls.xero_company.ids)]})

    def new_tax(self, name, use='sale', account=True, **values):
        """Make a tax that is booked on the account of levies."""
        repartition = [Command.create({'repartition_type': 'base'}), Command.create({
            'repartition_type': 'tax', 'account_id': self.tax_account.id if account else False})]
        return self.env['account.tax'].create({
            'name': name, 'type_tax_use': use, 'company_id': self.xero_company.id, 'country_id': self.xero_company.country_id.id,
            'tax_group_id': self.tax('au_tax_sale_10').tax_group_id.id,
            'invoice_repartition_line_ids': repartition, 'refund_repartition_line_ids': repartition, **values})

    def assert_numbers(self, move, *lines):
        self.assertEqual(self.numbers(move), list(lines))

    def numbers(self, move):
        """Return the lines sent, as tuples of account, rate, amount, and tax where one is sent."""
        return [
            (line['AccountCode'], line['TaxType'], round(line['Quantity'] * line['UnitAmount'], 2), line.get('TaxAmount'))
            for line in self.lines_sent(move)]
