from odoo import api, fields, models

from .xero_reference_mixin import ACTIVE

# Lines of invoices and bills may not use bank accounts, debtors or creditors. Xero does not publish which other system accounts it
# refuses, so all are avoided except the one for rounding (https://developer.xero.com/documentation/api/accounting/accounts).
LINE_SYSTEM_ACCOUNTS = ('', 'ROUNDING')
# Accounts that manual journals may not use (the same page); tracked inventory has its own type
JOURNAL_REFUSED_TYPES = ('BANK', 'INVENTORY')
JOURNAL_REFUSED_SYSTEM_ACCOUNTS = ('DEBTORS', 'CREDITORS', 'RETAINEDEARNINGS')


class XeroAccount(models.Model):
    """Reference data: an account of the chart in Xero, as last read. Codes are text, because leading zeros matter."""
    _name = 'xero.account'
    _description = "Xero Account"
    _inherit = ['xero.reference.mixin']
    _order = 'connection_id, code, name'
    _rec_names_search = ['code', 'name']
    _code_field = 'code'

    xero_id = fields.Char(string="Account ID", required=True, readonly=True)
    code = fields.Char(readonly=True)
    name = fields.Char(readonly=True)
    type = fields.Char(readonly=True)
    account_class = fields.Char(string="Class", readonly=True)
    system_account = fields.Char(readonly=True)
    tax_type = fields.Char(string="Default tax", readonly=True)
    currency_code = fields.Char(string="Currency", readonly=True, help="Of a bank account; all other accounts are in the base currency.")
    bank_account_number = fields.Char(readonly=True)
    can_take_payments = fields.Boolean(
        string="For payments", readonly=True, help="Whether payments can be booked on it: bank accounts, and other accounts that allow payments.")
    can_take_lines = fields.Boolean(string="For lines", readonly=True, help="Whether lines of invoices and bills may use it.")
    can_take_journals = fields.Boolean(string="For journals", readonly=True, help="Whether manual journals may use it.")

    _xero_uniq = models.UniqueIndex('(connection_id, xero_id)')

    @api.depends('code', 'name')
    def _compute_display_name(self):
        for account in self:
            account.display_name = ' – '.join(filter(None, (account.code, account.name)))

    def _values(self, element):
        """Return the values of an element of `GET Accounts`."""
        system_account = element.get('SystemAccount') or ''
        return {
            'xero_id': element['AccountID'],
            'code': element.get('Code') or False,
            'name': element.get('Name') or False,
            'type': element.get('Type') or False,
            'account_class': element.get('Class') or False,
            'status': element.get('Status') or ACTIVE,
            'system_account': system_account or False,
            'tax_type': element.get('TaxType') or False,
            'currency_code': element.get('CurrencyCode') or False,
            'bank_account_number': element.get('BankAccountNumber') or False,
            'can_take_payments': element.get('Type') == 'BANK' or bool(element.get('EnablePaymentsToAccount')),
            'can_take_lines': element.get('Type') != 'BANK' and system_account in LINE_SYSTEM_ACCOUNTS,
            'can_take_journals': (
                element.get('Type') not in JOURNAL_REFUSED_TYPES and system_account not in JOURNAL_REFUSED_SYSTEM_ACCOUNTS),
        }

    def _is_usable(self):
        """Return whether lines of documents may use it now."""
        return self.status == ACTIVE and self.can_take_lines
