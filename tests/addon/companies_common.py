"""Several companies, branches and organisations."""
from odoo import Command

from ..common import HINTERLAND
from .export_common import RENT, SALES, XeroExportCase


class CompaniesCase(XeroExportCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.other_data = cls.setup_other_company(name="Two Sites South")
        cls.other = cls.other_data['company']
        (cls.admin | cls.env.user).company_ids += cls.other

    @classmethod
    def data(cls, company):
        return cls.other_data if company == cls.other else cls.company_data

    @classmethod
    def map_company(cls, connection, company):
        """Decide the accounts of a company."""
        resolver = cls.env['xero.mapping'].sudo()._prefetch_for(connection, company)
        for name, code in (('default_account_revenue', SALES), ('default_account_expense', RENT)):
            row = resolver.find('account', cls.data(company)[name])
            row.xero_account_id = cls.env['xero.account'].sudo().search([('connection_id', '=', connection.id), ('code', '=', code)])

    @classmethod
    def share_connection(cls):
        """Both companies on one organisation."""
        cls.connection.company_ids += cls.other
        cls.other.xero_connection_id = cls.connection
        cls.map_company(cls.connection, cls.other)

    @classmethod
    def connect_other(cls):
        """The other company on an organisation of its own."""
        connection = cls.connect(name="Hinterland", tenant=HINTERLAND, company_ids=[Command.set(cls.other.ids)])
        cls.run_slice(connection)
        cls.map_company(connection, cls.other)
        return connection

    @classmethod
    def make(cls, company, move_type='out_invoice', partner=None, price=100, **values):
        """Post a document of a company."""
        account = cls.data(company)['default_account_revenue' if move_type.startswith('out') else 'default_account_expense']
        move = cls.env['account.move'].with_company(company).create({
            'move_type': move_type, 'partner_id': (partner or cls.partner_a).id, 'invoice_date': '2026-11-02', 'date': '2026-11-02',
            'invoice_line_ids': [Command.create({
                'name': "Work", 'quantity': 1, 'price_unit': price, 'account_id': account.id, 'tax_ids': [Command.clear()]})],
            **values})
        move.action_post()
        return move.sudo()

    def held(self, tenant, number):
        return [document for document in self.invoices_in_xero(tenant) if document['InvoiceNumber'] == number]
