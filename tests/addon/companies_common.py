"""Several companies, branches and organisations."""
from odoo import Command

from ..common import HINTERLAND
from .export_common import RENT, SALES, XeroExportCase


class CompaniesCase(XeroExportCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company(name="Two Sites South")
        cls.other = cls.other_data['company']
        (cls.admin | cls.env.user).company_ids += cls.other

    def data(self, company):
        return self.other_data if company == self.other else self.company_data

    def map_company(self, connection, company):
        """Decide the accounts of a company."""
        resolver = self.env['xero.mapping'].sudo()._prefetch_for(connection, company)
        for name, code in (('default_account_revenue', SALES), ('default_account_expense', RENT)):
            row = resolver.find('account', self.data(company)[name])
            row.xero_account_id = self.env['xero.account'].sudo().search([('connection_id', '=', connection.id), ('code', '=', code)])

    def share_connection(self):
        """Both companies on one organisation."""
        self.connection.company_ids += self.other
        self.other.xero_connection_id = self.connection
        self.map_company(self.connection, self.other)

    def connect_other(self):
        """The other company on an organisation of its own."""
        connection = self.connect(name="Hinterland", tenant=HINTERLAND, company_ids=[Command.set(self.other.ids)])
        self.run_slice(connection)
        self.map_company(connection, self.other)
        return connection

    def make(self, company, move_type='out_invoice', partner=None, price=100, **values):
        """Post a document of a company."""
        account = self.data(company)['default_account_revenue' if move_type.startswith('out') else 'default_account_expense']
        move = self.env['account.move'].with_company(company).create({
            'move_type': move_type, 'partner_id': (partner or self.partner_a).id, 'invoice_date': '2026-11-02', 'date': '2026-11-02',
            'invoice_line_ids': [Command.create({
                'name': "Work", 'quantity': 1, 'price_unit': price, 'account_id': account.id, 'tax_ids': [Command.clear()]})],
            **values})
        move.action_post()
        return move.sudo()

    def held(self, tenant, number):
        return [document for document in self.invoices_in_xero(tenant) if document['InvoiceNumber'] == number]
