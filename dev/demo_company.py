"""The demo company in Odoo. Its administrator creates it through the methods that the screens call."""
import re

from .demo_books import COMPANY, CUSTOMERS, DECISIONS, EXPORT_CUSTOMERS, FORGOTTEN_ACCOUNT, NAMELESS, RATES, SITES, TAX_INCLUDED, VENDORS, last_month
from .demo_people import Person

ADMINISTRATOR = 'admin'
INVOICE_ADMINS = ('invoice.admin.1', 'invoice.admin.2')
BILLING_USER = 'billing'
TAXES = {'sale': 'au_tax_sale_10', 'export': 'au_tax_sale_0', 'purchase': 'au_tax_purchase_10_service', 'purchase_free': 'au_tax_purchase_0_service'}


class Company:
    """Australian, with two sites and a journal for sales and one for purchases at each.

    `ids` is the parameter of `demo_books.Books`; `administrator`, `clerk` and `admins` are the people, logged in.

    :param Server odoo: a running Odoo, whose database has one company that has posted nothing.
    """

    def __init__(self, odoo):
        self._odoo = odoo
        self.administrator = Person(odoo.url, odoo.database, ADMINISTRATOR)
        [company] = self.administrator.find('res.company', [], 'name')
        self.id = company['id']
        self.ids = self._settle_in_australia() | self._make_journals() | self._make_partners() | self._find_accounts_and_taxes()
        self.clerk, *self.admins = self._hire()

    def _settle_in_australia(self):
        """Set the name, language, currencies and chart of accounts of the company. Return the ids of the currencies."""
        administrator, ref = self.administrator, self.administrator.ref
        # Australian date format
        administrator.call('res.lang', 'action_activate_langs', [ref('base.lang_en_AU')])
        administrator.write('res.users', [administrator.user_id], {'lang': 'en_AU'})
        currencies = {name: ref(f'base.{name}') for name in ('AUD', *RATES)}
        administrator.write('res.currency', list(currencies.values()), {'active': True})
        administrator.write('res.company', [self.id], {
            'name': COMPANY, 'country_id': ref('base.au'), 'currency_id': currencies['AUD'], 'vat': '53 004 085 616'})
        settings = administrator.create('res.config.settings', {'chart_template': 'au'})
        administrator.call('res.config.settings', 'execute', settings)
        administrator.create('res.currency.rate', *(
            {'currency_id': currencies[name], 'name': str(last_month().replace(day=1)), 'company_rate': rate} for name, rate in RATES.items()))
        return {('currency', name): currency_id for name, currency_id in currencies.items()}

    def _make_journals(self):
        administrator, ids = self.administrator, {}
        for letter, journal_type, noun in (('S', 'sale', "Sales"), ('B', 'purchase', "Purchases")):
            # The chart of accounts has created one journal of each type
            [made] = administrator.find('account.journal', [('type', '=', journal_type)], 'id')
            for site in SITES:
                vals = {'name': f'{site.name} {noun}', 'code': site.code + letter, 'type': journal_type}
                if site == SITES[0]:
                    administrator.write('account.journal', [made['id']], vals)
                    ids['journal', vals['code']] = made['id']
                else:
                    [ids['journal', vals['code']]] = administrator.create('account.journal', vals)
        return ids

    def _make_partners(self):
        australia = self.administrator.ref('base.au')
        vals_list = [
            {'name': name, 'is_company': True, 'country_id': australia, 'email': f'accounts@{re.sub("[^a-z]", "", name.lower()) or "unknown"}.example'}
            for name in (*CUSTOMERS, *VENDORS, NAMELESS)]
        vals_list += [
            {'name': name, 'is_company': True, 'country_id': self.administrator.ref(f'base.{country.lower()}')} for name, country, _ in EXPORT_CUSTOMERS]
        partner_ids = self.administrator.create('res.partner', *vals_list)
        return {('partner', vals['name']): partner_id for vals, partner_id in zip(vals_list, partner_ids)}

    def _find_accounts_and_taxes(self):
        administrator = self.administrator
        codes = [*DECISIONS, FORGOTTEN_ACCOUNT]
        ids = {('account', row['code']): row['id'] for row in administrator.find('account.account', [('code', 'in', codes)], 'code')}
        ids |= {('tax', key): administrator.ref(f'account.{self.id}_{name}') for key, name in TAXES.items()}
        # Prices of counter sales include the tax
        ids['tax', 'included'] = administrator.call('account.tax', 'copy', [ids['tax', 'sale']], {
            'name': TAX_INCLUDED, 'price_include_override': 'tax_included'})[0]
        return ids

    def _hire(self):
        """Make the users and log them in."""
        user, contacts, billing, bookkeeper, invoice_admin = map(self.administrator.ref, (
            'base.group_user', 'base.group_partner_manager', 'account.group_account_invoice', 'account.group_account_user',
            'account_xero.group_xero_invoice_admin'))
        people = [(BILLING_USER, "Billing user", [user, contacts, billing])]
        people += [(login, f"Invoice admin {login[-1]}", [user, contacts, billing, bookkeeper, invoice_admin]) for login in INVOICE_ADMINS]
        self.administrator.create('res.users', *(
            {'name': name, 'login': login, 'password': login, 'lang': 'en_AU', 'group_ids': [(6, 0, groups)], 'email': f'{login}@example.com'}
            for login, name, groups in people), context={'no_reset_password': True})
        return [Person(self._odoo.url, self._odoo.database, login) for login, _name, _groups in people]
