"""Rows of the mapping, and what they go to."""
from odoo import Command

from ..common import HARBOUR
from .reference_common import ReferenceMixin


class MappingMixin(ReferenceMixin):

    @classmethod
    def mapping_env(cls):
        return cls.env['xero.mapping'].sudo()

    @classmethod
    def resolver(cls, connection=None, company=None):
        return cls.mapping_env()._prefetch_for(connection or cls.connection, company or cls.xero_company)

    @classmethod
    def tax_row(cls, taxes, use='sale'):
        return cls.resolver().find('tax', taxes, use)

    @classmethod
    def account_row(cls, account):
        return cls.resolver().find('account', account)

    def components(self, row):
        return self.env['xero.mapped.tax']._components(row.tax_ids)

    @classmethod
    def new_tax(cls, name, amount, use='sale', **values):
        return cls.env['account.tax'].create({
            'name': name, 'amount': amount, 'type_tax_use': use, 'company_id': cls.xero_company.id, **values})

    def partly_deductible(self, name, amount, *shares):
        """Make a tax on purchases of which the first share, in percent, goes to the account of the tax, and the others are expense."""
        account = self.gst.invoice_repartition_line_ids.account_id
        lines = [Command.create({'repartition_type': 'base'}), *(
            Command.create({'factor_percent': share, 'account_id': account.id if share == shares[0] else False}) for share in shares)]
        return self.new_tax(name, amount, 'purchase', invoice_repartition_line_ids=lines, refund_repartition_line_ids=[
            Command.create(values) for _command, _id, values in lines])

    @classmethod
    def xero_account(cls, code):
        return cls.env['xero.account'].search([('connection_id', '=', cls.connection.id), ('code', '=', code)])

    @classmethod
    def xero_rate(cls, tax_type):
        return cls.env['xero.tax.rate'].search([('connection_id', '=', cls.connection.id), ('tax_type', '=', tax_type)])

    def add_rate(self, tax_type, percent, tenant=HARBOUR, **values):
        """Create a tax rate for sales in Xero."""
        self.organisation(tenant).tax_rates[tax_type] = {
            'TaxType': tax_type, 'Name': tax_type, 'Status': 'ACTIVE', 'EffectiveRate': percent, 'CanApplyToRevenue': True,
            'TaxComponents': [{'Name': tax_type, 'Rate': percent, 'IsCompound': False}], **values}
        self.read(self.connection, 'tax_rates')
