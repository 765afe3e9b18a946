from odoo import api, fields, models

from .xero_reference_mixin import ACTIVE

# Labels of Xero's own screens. Codes: https://developer.xero.com/documentation/api/accounting/types
ACCOUNT_CLASSES = [
    ('ASSET', "Assets"), ('LIABILITY', "Liabilities"), ('EQUITY', "Equity"), ('EXPENSE', "Expenses"), ('REVENUE', "Revenue"),
]
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
    type = fields.Char(string="Type code", readonly=True)
    type_label = fields.Char(string="Type", compute='_compute_type_label')
    account_class = fields.Selection(ACCOUNT_CLASSES, string="Class", readonly=True)
    system_account = fields.Char(string="System account code", readonly=True)
    system_label = fields.Char(string="System account", compute='_compute_type_label')
    tax_type = fields.Char(string="Default tax code", readonly=True)
    tax_label = fields.Char(string="Default tax", compute='_compute_tax_label')
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

    @api.depends('type', 'system_account')
    @api.depends_context('lang')
    def _compute_type_label(self):
        types, systems = self._type_labels(), self._system_labels()
        for account in self:
            account.type_label = types.get(account.type, account.type)
            account.system_label = systems.get(account.system_account, account.system_account)

    @api.depends('tax_type', 'connection_id')
    def _compute_tax_label(self):
        rates = self.env['xero.tax.rate'].search_fetch([
            ('connection_id', 'in', self.connection_id.ids), ('tax_type', 'in', self.mapped('tax_type'))], ['connection_id', 'tax_type', 'name'])
        names = {(rate.connection_id, rate.tax_type): rate.name for rate in rates}
        for account in self:
            account.tax_label = names.get((account.connection_id, account.tax_type), account.tax_type)

    @api.model
    def _type_labels(self):
        """Return a dict: type of an account, as Xero writes it → label. An unknown type is shown as it is."""
        return {
            'BANK': self.env._("Bank"),
            'CURRENT': self.env._("Current asset"),
            'CURRLIAB': self.env._("Current liability"),
            'DEPRECIATN': self.env._("Depreciation"),
            'DIRECTCOSTS': self.env._("Direct costs"),
            'EQUITY': self.env._("Equity"),
            'EXPENSE': self.env._("Expense"),
            'FIXED': self.env._("Fixed asset"),
            'INVENTORY': self.env._("Inventory"),
            'LIABILITY': self.env._("Liability"),
            'NONCURRENT': self.env._("Non-current asset"),
            'OTHERINCOME': self.env._("Other income"),
            'OVERHEADS': self.env._("Overhead"),
            'PREPAYMENT': self.env._("Prepayment"),
            'REVENUE': self.env._("Revenue"),
            'SALES': self.env._("Sales"),
            'TERMLIAB': self.env._("Non-current liability"),
            'PAYG': self.env._("PAYG"),
            'PAYGLIABILITY': self.env._("PAYG liability"),
            'SUPERANNUATIONEXPENSE': self.env._("Superannuation expense"),
            'SUPERANNUATIONLIABILITY': self.env._("Superannuation liability"),
            'WAGESEXPENSE': self.env._("Wages expense"),
            'WAGESPAYABLELIABILITY': self.env._("Wages payable"),
        }

    @api.model
    def _system_labels(self):
        """Return a dict: purpose of a system account, as Xero writes it → label. An unknown purpose is shown as it is."""
        return {
            'DEBTORS': self.env._("Accounts receivable"),
            'CREDITORS': self.env._("Accounts payable"),
            'BANKCURRENCYGAIN': self.env._("Bank revaluations"),
            'GST': self.env._("Sales tax"),
            'GSTONIMPORTS': self.env._("GST on imports"),
            'HISTORICAL': self.env._("Historical adjustment"),
            'REALISEDCURRENCYGAIN': self.env._("Realised currency gains"),
            'UNREALISEDCURRENCYGAIN': self.env._("Unrealised currency gains"),
            'RETAINEDEARNINGS': self.env._("Retained earnings"),
            'ROUNDING': self.env._("Rounding"),
            'TRACKINGTRANSFERS': self.env._("Tracking transfers"),
            'UNPAIDEXPCLM': self.env._("Unpaid expense claims"),
            'WAGEPAYABLES': self.env._("Wages payable"),
        }

    def _values(self, element):
        """Return the values of an element of `GET Accounts`. A class that Xero adds later stays empty."""
        system_account = element.get('SystemAccount') or ''
        return {
            'xero_id': element['AccountID'],
            'code': element.get('Code') or False,
            'name': element.get('Name') or False,
            'type': element.get('Type') or False,
            'account_class': element.get('Class') if element.get('Class') in dict(ACCOUNT_CLASSES) else False,
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
